// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package channel

import (
	"bytes"
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Reference imports to suppress errors if they are not otherwise used.
var (
	_ = bytes.Equal
	_ = errors.New
	_ = big.NewInt
	_ = common.Big1
	_ = types.BloomLookup
	_ = abi.ConvertType
)

// ChioChannelAuthorization is an auto generated low-level Go binding around an user-defined struct.
type ChioChannelAuthorization struct {
	ValidAfter  *big.Int
	ValidBefore *big.Int
	Sequence    *big.Int
	V           uint8
	R           [32]byte
	S           [32]byte
}

// ChioChannelParams is an auto generated low-level Go binding around an user-defined struct.
type ChioChannelParams struct {
	Payer common.Address
	Payee common.Address
	Token common.Address
	Salt  [32]byte
}

// ChioChannelMetaData contains all meta data concerning the ChioChannel contract.
var ChioChannelMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"graceSeconds\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"settled\",\"type\":\"uint256\"}],\"name\":\"AlreadySettled\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"BadAmount\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"BadParty\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"length\",\"type\":\"uint256\"}],\"name\":\"BadSignatureLength\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"recovered\",\"type\":\"address\"}],\"name\":\"BadSigner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"closeAt\",\"type\":\"uint256\"}],\"name\":\"ChannelClosing\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"received\",\"type\":\"uint256\"}],\"name\":\"DepositMismatch\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"ECDSAInvalidSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"length\",\"type\":\"uint256\"}],\"name\":\"ECDSAInvalidSignatureLength\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"ECDSAInvalidSignatureS\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"deposited\",\"type\":\"uint256\"}],\"name\":\"ExceedsDeposit\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"graceSeconds\",\"type\":\"uint256\"}],\"name\":\"GraceOutOfBounds\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidShortString\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotPayer\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"closeAt\",\"type\":\"uint256\"}],\"name\":\"NotWithdrawable\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingHeld\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"SafeERC20FailedOperation\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"string\",\"name\":\"str\",\"type\":\"string\"}],\"name\":\"StringTooLong\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"closeAt\",\"type\":\"uint256\"}],\"name\":\"Closing\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[],\"name\":\"EIP712DomainChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"deposited\",\"type\":\"uint256\"}],\"name\":\"Funded\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"paid\",\"type\":\"uint256\"}],\"name\":\"Redeemed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Withdrawn\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"DOMAIN_SEPARATOR\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"GRACE_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_GRACE_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MIN_GRACE_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"VOUCHER_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"channelId\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"}],\"name\":\"channels\",\"outputs\":[{\"internalType\":\"uint96\",\"name\":\"deposited\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"settled\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"closeAt\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"close\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"internalType\":\"uint256\",\"name\":\"sequence\",\"type\":\"uint256\"}],\"name\":\"depositNonce\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"eip712Domain\",\"outputs\":[{\"internalType\":\"bytes1\",\"name\":\"fields\",\"type\":\"bytes1\"},{\"internalType\":\"string\",\"name\":\"name\",\"type\":\"string\"},{\"internalType\":\"string\",\"name\":\"version\",\"type\":\"string\"},{\"internalType\":\"uint256\",\"name\":\"chainId\",\"type\":\"uint256\"},{\"internalType\":\"address\",\"name\":\"verifyingContract\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"},{\"internalType\":\"uint256[]\",\"name\":\"extensions\",\"type\":\"uint256[]\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"fund\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"components\":[{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"sequence\",\"type\":\"uint256\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Authorization\",\"name\":\"a\",\"type\":\"tuple\"}],\"name\":\"fundWithAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"name\":\"redeem\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"}],\"name\":\"voucherDigest\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"withdraw\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"}]",
	ID:  "ChioChannel",
	Bin: "0x61018080604052346101a357602081611bb9803803809161002082856101a7565b8339810103126101a357516001600160401b0381168082036101a35760405161004a6040826101a7565b600b815260208101906a10da1a5bd0da185b9b995b60aa1b8252604051916100736040846101a7565b600183526020830191603160f81b835261008c816101de565b61012052610099846101de565b61014052519020918260e05251902080610100524660a0526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261010260c0826101a7565b5190206080523060c052610e1081101580610196575b1561018457506101605260405161196f908161024a823960805181611188015260a0518161123f015260c05181611159015260e051816111d7015261010051816111fd01526101205181610b2c01526101405181610b550152610160518181816107280152610a7a0152f35b636322be3f60e01b5f5260045260245ffd5b5062278d00811115610118565b5f80fd5b601f909101601f19168101906001600160401b038211908210176101ca57604052565b634e487b7160e01b5f52604160045260245ffd5b601f8151116102095760208151910151602082106101fa571790565b5f198260200360031b1b161790565b604460209160405192839163305a27a960e01b83528160048401528051918291826024860152018484015e5f828201840152601f01601f19168101030190fdfe60806040526004361015610011575f80fd5b5f5f3560e01c806303c2353714610e2a5780633644e51514610df25780634289d3c214610db85780636570e9ad14610c9d5780637a7ebd7b14610c2857806384b0196e14610af657806394739e8714610a9e578063a2b8517314610a3c578063aebf005214610863578063b4fa4fcb1461068b578063bffe98ed146104fa578063caee9285146104be578063d75624931461047e578063f8fa93b91461041c5763fdfcbab4146100bf575f80fd5b34610419577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360160e081126104175760801361041957608435906bffffffffffffffffffffffff8216918281036104175760a4359060c4359067ffffffffffffffff8211610384573660238301121561038457816004013567ffffffffffffffff81116104135736602482850101116104135761015b610f76565b92838652600260205260408620926040519361017685610eec565b54926bffffffffffffffffffffffff841685526bffffffffffffffffffffffff8460601c16926020860193808552604087019560c01c8652808b11156103e357506bffffffffffffffffffffffff865116808b116103b357509060246101e792016101e289858a6110a5565b6116b3565b73ffffffffffffffffffffffffffffffffffffffff80610205610ec9565b16911690810361038857507f341359d52f66ee383b6b15ec2040e94c395dea2b6c8ab93ae926cbc2237a52e99367ffffffffffffffff604094846bffffffffffffffffffffffff8088818e9f9961032d99826102639251169061101d565b169d8985528c8152600260205220955116167fffffffffffffffffffffffffffffffffffffffff000000000000000000000000855416178455517fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff00000000000000000000000085549260601b169116178355511677ffffffffffffffffffffffffffffffffffffffffffffffff7fffffffffffffffff00000000000000000000000000000000000000000000000083549260c01b169116179055565b8151908152856020820152a373ffffffffffffffffffffffffffffffffffffffff610356610ea6565b169060243573ffffffffffffffffffffffffffffffffffffffff8116810361038457610381926115f2565b80f35b8380fd5b7f9d2e6df8000000000000000000000000000000000000000000000000000000008852600452602487fd5b896044918c7f303eeb1d000000000000000000000000000000000000000000000000000000008352600452602452fd5b896044918c7fd0e4288f000000000000000000000000000000000000000000000000000000008352600452602452fd5b8480fd5b505b80fd5b50346104195760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261041957602435906bffffffffffffffffffffffff82168203610419576020610476604435846004356110a5565b604051908152f35b50346104195760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610419576020610476602435600435611085565b503461041957807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261041957602060405162278d008152f35b5034610687577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610160811261068757608013610687576084359060c07fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff5c36011261068757610569610f76565b916105748184611265565b9273ffffffffffffffffffffffffffffffffffffffff610592610ea6565b16906105a961059f610ec9565b9160e43590611085565b91610104359060ff821680920361068757803b15610687575f92836101249273ffffffffffffffffffffffffffffffffffffffff9460405197889687957fef55bec600000000000000000000000000000000000000000000000000000000875216600486015230602486015289604486015260a435606486015260c435608486015260a485015260c4840152833560e4840152610144356101048401525af1801561067c57610666575b506103819192610661610ea6565b61151e565b61038192505f61067591610f35565b5f91610653565b6040513d5f823e3d90fd5b5f80fd5b346106875760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126106875773ffffffffffffffffffffffffffffffffffffffff6106d7610ec9565b163303610837576106e6610f76565b805f52600260205260405f2080546107028160c01c8015611047565b6bffffffffffffffffffffffff808260601c169116111561080f5767ffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001667ffffffffffffffff4216019067ffffffffffffffff82116107e257805477ffffffffffffffffffffffffffffffffffffffffffffffff1660c083901b7fffffffffffffffff000000000000000000000000000000000000000000000000161790557fa808e41176ae56bae0ef33b9fea5c608a7f753c479260bac36ab3296d101258b9060209067ffffffffffffffff60405191168152a2005b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b7f7a17debd000000000000000000000000000000000000000000000000000000005f5260045ffd5b7f11a4cac0000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b346106875760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126106875761089a610f76565b805f52600260205260405f2090604051916108b483610eec565b54906bffffffffffffffffffffffff8216835260208301916bffffffffffffffffffffffff8160601c16835260c01c604084019080825280151580610a32575b15610a0757508367ffffffffffffffff6109af926bffffffffffffffffffffffff61092981610a05995116828951169061101d565b87516bffffffffffffffffffffffff90811686525f80855288815260026020526040902095519851935160609490941b77ffffffffffffffffffffffff000000000000000000000000169816979097179290911660c01b7fffffffffffffffff000000000000000000000000000000000000000000000000169190911790915590921691565b7f6620f0849b3b96a180cce108df2fc1f0d6c68af3745da66e833b8c7c1600eddb6020604051848152a273ffffffffffffffffffffffffffffffffffffffff6109f6610ea6565b166109ff610ec9565b906115f2565b005b7f9a9c2aaf000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50804210156108f4565b34610687575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261068757602060405167ffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b34610687575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126106875760206040517fd64afee0298edc1d924c578173af4d0c6de4c7d574715dadde17d482d63325af8152f35b34610687575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261068757610bcc610b507f00000000000000000000000000000000000000000000000000000000000000006117b1565b610b797f00000000000000000000000000000000000000000000000000000000000000006117b1565b6020610bda60405192610b8c8385610f35565b5f84525f3681376040519586957f0f00000000000000000000000000000000000000000000000000000000000000875260e08588015260e0870190610e63565b908582036040870152610e63565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b828110610c1157505050500390f35b835185528695509381019392810192600101610c02565b346106875760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610687576004355f526002602052606060405f2054604051906bffffffffffffffffffffffff811682526bffffffffffffffffffffffff81841c16602083015260c01c6040820152f35b34610687577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360160a081126106875760801361068757608435610ce881610ce3610f76565b611265565b9073ffffffffffffffffffffffffffffffffffffffff610d06610ea6565b16916040517f23b872dd000000000000000000000000000000000000000000000000000000005f5233600452306024528260445260205f60648180885af19060015f5114821615610d97575b6040525f60605215610d6b57610a059250610661610ea6565b827f5274afe7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b906001811516610daf57843b15153d15161690610d52565b503d5f823e3d90fd5b34610687575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610687576020604051610e108152f35b34610687575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610687576020610476611142565b346106875760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610687576020610476610f76565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b60443573ffffffffffffffffffffffffffffffffffffffff811681036106875790565b60043573ffffffffffffffffffffffffffffffffffffffff811681036106875790565b6060810190811067ffffffffffffffff821117610f0857604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff821117610f0857604052565b60043573ffffffffffffffffffffffffffffffffffffffff811690818103610687575060243573ffffffffffffffffffffffffffffffffffffffff811690818103610687575060443573ffffffffffffffffffffffffffffffffffffffff81169081810361068757506040519160208301934685523060408501526060840152608083015260a082015260643560c082015260c0815261101760e082610f35565b51902090565b906bffffffffffffffffffffffff809116911603906bffffffffffffffffffffffff82116107e257565b1561104f5750565b67ffffffffffffffff907f209e08fe000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b906040519060208201928352604082015260408152611017606082610f35565b906042926bffffffffffffffffffffffff6040519260208401947fd64afee0298edc1d924c578173af4d0c6de4c7d574715dadde17d482d63325af8652604085015216606083015260808201526080815261110160a082610f35565b51902061110c611142565b90604051917f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201522090565b73ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001630148061123c575b156111aa577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a0815261101760c082610f35565b507f00000000000000000000000000000000000000000000000000000000000000004614611181565b6004359073ffffffffffffffffffffffffffffffffffffffff82169182811415908161068757831515806114f3575b806114c3575b80611497575b1561146f57825f52600260205260405f20916bffffffffffffffffffffffff83546112cf8160c01c8015611047565b168601928387116107e25786151580611459575b80611443575b156114175780547fffffffffffffffffffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff8516179055610687575060243573ffffffffffffffffffffffffffffffffffffffff811694858203610687577f35e43b2ba3be150931239c4b635d183d0a09162df5b1a058e81cb2f0264b0075926040925082519182526020820152a460443573ffffffffffffffffffffffffffffffffffffffff8116908181036106875760249160209150604051928380927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa90811561067c575f916113e8575090565b90506020813d60201161140f575b8161140360209383610f35565b81010312610687575190565b3d91506113f6565b867fb39be4d2000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b506bffffffffffffffffffffffff8411156112e9565b506bffffffffffffffffffffffff8711156112e3565b7f49088e12000000000000000000000000000000000000000000000000000000005f5260045ffd5b5060243573ffffffffffffffffffffffffffffffffffffffff81169081810361068757503014156112a0565b5090505f9060243573ffffffffffffffffffffffffffffffffffffffff811690818103610687575084141561129a565b5060243573ffffffffffffffffffffffffffffffffffffffff81169081810361068757501515611294565b90602073ffffffffffffffffffffffffffffffffffffffff93926024604051809681937f70a08231000000000000000000000000000000000000000000000000000000008352306004840152165afa92831561067c575f936115be575b5082039182116107e257808203611590575050565b7fed554234000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b9092506020813d6020116115ea575b816115da60209383610f35565b810103126106875751915f61157b565b3d91506115cd565b9173ffffffffffffffffffffffffffffffffffffffff604051927fa9059cbb000000000000000000000000000000000000000000000000000000005f521660045260245260205f60448180865af19060015f511482161561169b575b604052156116595750565b73ffffffffffffffffffffffffffffffffffffffff907f5274afe7000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b906001811516610daf57823b15153d1516169061164e565b906040831461175f57604183146116f057827f7d1250fe000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b82604010156117325782602011610687578035926040116106875761172f92611726926040602084013593013560f81c906118e0565b90929192611808565b90565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b9082602011610687578135926040116106875761172f9260206117269301359160ff601b7f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff851694821c0116906118e0565b60ff811690601f82116117e057604051916117cd604084610f35565b6020808452838101919036833783525290565b7fb3512b0c000000000000000000000000000000000000000000000000000000005f5260045ffd5b60048110156118b3578061181a575050565b6001810361184a577ff645eedf000000000000000000000000000000000000000000000000000000005f5260045ffd5b6002810361187e57507ffce698f7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b6003146118885750565b7fd78bce0c000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f4e487b71000000000000000000000000000000000000000000000000000000005f52602160045260245ffd5b91907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411611964579160209360809260ff5f9560405194855216868401526040830152606082015282805260015afa1561067c575f5173ffffffffffffffffffffffffffffffffffffffff81161561195a57905f905f90565b505f906001905f90565b5050505f916003919056",
}

// ChioChannel is an auto generated Go binding around an Ethereum contract.
type ChioChannel struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *ChioChannel) GetABI() abi.ABI {
	return c.abi
}

// NewChioChannel creates a new instance of ChioChannel.
func NewChioChannel() *ChioChannel {
	parsed, err := ChioChannelMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &ChioChannel{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *ChioChannel) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor(uint64 graceSeconds) returns()
func (chioChannel *ChioChannel) PackConstructor(graceSeconds uint64) []byte {
	enc, err := chioChannel.abi.Pack("", graceSeconds)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackDOMAINSEPARATOR is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3644e515.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (chioChannel *ChioChannel) PackDOMAINSEPARATOR() []byte {
	enc, err := chioChannel.abi.Pack("DOMAIN_SEPARATOR")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDOMAINSEPARATOR is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3644e515.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (chioChannel *ChioChannel) TryPackDOMAINSEPARATOR() ([]byte, error) {
	return chioChannel.abi.Pack("DOMAIN_SEPARATOR")
}

// UnpackDOMAINSEPARATOR is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3644e515.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (chioChannel *ChioChannel) UnpackDOMAINSEPARATOR(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("DOMAIN_SEPARATOR", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackGRACESECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa2b85173.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) PackGRACESECONDS() []byte {
	enc, err := chioChannel.abi.Pack("GRACE_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGRACESECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa2b85173.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) TryPackGRACESECONDS() ([]byte, error) {
	return chioChannel.abi.Pack("GRACE_SECONDS")
}

// UnpackGRACESECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa2b85173.
//
// Solidity: function GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) UnpackGRACESECONDS(data []byte) (uint64, error) {
	out, err := chioChannel.abi.Unpack("GRACE_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMAXGRACESECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcaee9285.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MAX_GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) PackMAXGRACESECONDS() []byte {
	enc, err := chioChannel.abi.Pack("MAX_GRACE_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMAXGRACESECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcaee9285.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MAX_GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) TryPackMAXGRACESECONDS() ([]byte, error) {
	return chioChannel.abi.Pack("MAX_GRACE_SECONDS")
}

// UnpackMAXGRACESECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xcaee9285.
//
// Solidity: function MAX_GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) UnpackMAXGRACESECONDS(data []byte) (uint64, error) {
	out, err := chioChannel.abi.Unpack("MAX_GRACE_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMINGRACESECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4289d3c2.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MIN_GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) PackMINGRACESECONDS() []byte {
	enc, err := chioChannel.abi.Pack("MIN_GRACE_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMINGRACESECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4289d3c2.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MIN_GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) TryPackMINGRACESECONDS() ([]byte, error) {
	return chioChannel.abi.Pack("MIN_GRACE_SECONDS")
}

// UnpackMINGRACESECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x4289d3c2.
//
// Solidity: function MIN_GRACE_SECONDS() view returns(uint64)
func (chioChannel *ChioChannel) UnpackMINGRACESECONDS(data []byte) (uint64, error) {
	out, err := chioChannel.abi.Unpack("MIN_GRACE_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackVOUCHERTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x94739e87.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function VOUCHER_TYPEHASH() view returns(bytes32)
func (chioChannel *ChioChannel) PackVOUCHERTYPEHASH() []byte {
	enc, err := chioChannel.abi.Pack("VOUCHER_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVOUCHERTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x94739e87.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function VOUCHER_TYPEHASH() view returns(bytes32)
func (chioChannel *ChioChannel) TryPackVOUCHERTYPEHASH() ([]byte, error) {
	return chioChannel.abi.Pack("VOUCHER_TYPEHASH")
}

// UnpackVOUCHERTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x94739e87.
//
// Solidity: function VOUCHER_TYPEHASH() view returns(bytes32)
func (chioChannel *ChioChannel) UnpackVOUCHERTYPEHASH(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("VOUCHER_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackChannelId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x03c23537.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function channelId((address,address,address,bytes32) p) view returns(bytes32)
func (chioChannel *ChioChannel) PackChannelId(p ChioChannelParams) []byte {
	enc, err := chioChannel.abi.Pack("channelId", p)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackChannelId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x03c23537.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function channelId((address,address,address,bytes32) p) view returns(bytes32)
func (chioChannel *ChioChannel) TryPackChannelId(p ChioChannelParams) ([]byte, error) {
	return chioChannel.abi.Pack("channelId", p)
}

// UnpackChannelId is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x03c23537.
//
// Solidity: function channelId((address,address,address,bytes32) p) view returns(bytes32)
func (chioChannel *ChioChannel) UnpackChannelId(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("channelId", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackChannels is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7a7ebd7b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function channels(bytes32 id) view returns(uint96 deposited, uint96 settled, uint64 closeAt)
func (chioChannel *ChioChannel) PackChannels(id [32]byte) []byte {
	enc, err := chioChannel.abi.Pack("channels", id)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackChannels is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7a7ebd7b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function channels(bytes32 id) view returns(uint96 deposited, uint96 settled, uint64 closeAt)
func (chioChannel *ChioChannel) TryPackChannels(id [32]byte) ([]byte, error) {
	return chioChannel.abi.Pack("channels", id)
}

// ChannelsOutput serves as a container for the return parameters of contract
// method Channels.
type ChannelsOutput struct {
	Deposited *big.Int
	Settled   *big.Int
	CloseAt   uint64
}

// UnpackChannels is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7a7ebd7b.
//
// Solidity: function channels(bytes32 id) view returns(uint96 deposited, uint96 settled, uint64 closeAt)
func (chioChannel *ChioChannel) UnpackChannels(data []byte) (ChannelsOutput, error) {
	out, err := chioChannel.abi.Unpack("channels", data)
	outstruct := new(ChannelsOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Deposited = abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	outstruct.Settled = abi.ConvertType(out[1], new(big.Int)).(*big.Int)
	outstruct.CloseAt = *abi.ConvertType(out[2], new(uint64)).(*uint64)
	return *outstruct, nil
}

// PackClose is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb4fa4fcb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function close((address,address,address,bytes32) p) returns()
func (chioChannel *ChioChannel) PackClose(p ChioChannelParams) []byte {
	enc, err := chioChannel.abi.Pack("close", p)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackClose is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb4fa4fcb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function close((address,address,address,bytes32) p) returns()
func (chioChannel *ChioChannel) TryPackClose(p ChioChannelParams) ([]byte, error) {
	return chioChannel.abi.Pack("close", p)
}

// PackDepositNonce is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd7562493.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function depositNonce(bytes32 id, uint256 sequence) pure returns(bytes32)
func (chioChannel *ChioChannel) PackDepositNonce(id [32]byte, sequence *big.Int) []byte {
	enc, err := chioChannel.abi.Pack("depositNonce", id, sequence)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDepositNonce is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd7562493.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function depositNonce(bytes32 id, uint256 sequence) pure returns(bytes32)
func (chioChannel *ChioChannel) TryPackDepositNonce(id [32]byte, sequence *big.Int) ([]byte, error) {
	return chioChannel.abi.Pack("depositNonce", id, sequence)
}

// UnpackDepositNonce is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd7562493.
//
// Solidity: function depositNonce(bytes32 id, uint256 sequence) pure returns(bytes32)
func (chioChannel *ChioChannel) UnpackDepositNonce(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("depositNonce", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackEip712Domain is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x84b0196e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function eip712Domain() view returns(bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)
func (chioChannel *ChioChannel) PackEip712Domain() []byte {
	enc, err := chioChannel.abi.Pack("eip712Domain")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackEip712Domain is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x84b0196e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function eip712Domain() view returns(bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)
func (chioChannel *ChioChannel) TryPackEip712Domain() ([]byte, error) {
	return chioChannel.abi.Pack("eip712Domain")
}

// Eip712DomainOutput serves as a container for the return parameters of contract
// method Eip712Domain.
type Eip712DomainOutput struct {
	Fields            [1]byte
	Name              string
	Version           string
	ChainId           *big.Int
	VerifyingContract common.Address
	Salt              [32]byte
	Extensions        []*big.Int
}

// UnpackEip712Domain is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x84b0196e.
//
// Solidity: function eip712Domain() view returns(bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)
func (chioChannel *ChioChannel) UnpackEip712Domain(data []byte) (Eip712DomainOutput, error) {
	out, err := chioChannel.abi.Unpack("eip712Domain", data)
	outstruct := new(Eip712DomainOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Fields = *abi.ConvertType(out[0], new([1]byte)).(*[1]byte)
	outstruct.Name = *abi.ConvertType(out[1], new(string)).(*string)
	outstruct.Version = *abi.ConvertType(out[2], new(string)).(*string)
	outstruct.ChainId = abi.ConvertType(out[3], new(big.Int)).(*big.Int)
	outstruct.VerifyingContract = *abi.ConvertType(out[4], new(common.Address)).(*common.Address)
	outstruct.Salt = *abi.ConvertType(out[5], new([32]byte)).(*[32]byte)
	outstruct.Extensions = *abi.ConvertType(out[6], new([]*big.Int)).(*[]*big.Int)
	return *outstruct, nil
}

// PackFund is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x6570e9ad.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function fund((address,address,address,bytes32) p, uint256 amount) returns()
func (chioChannel *ChioChannel) PackFund(p ChioChannelParams, amount *big.Int) []byte {
	enc, err := chioChannel.abi.Pack("fund", p, amount)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackFund is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x6570e9ad.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function fund((address,address,address,bytes32) p, uint256 amount) returns()
func (chioChannel *ChioChannel) TryPackFund(p ChioChannelParams, amount *big.Int) ([]byte, error) {
	return chioChannel.abi.Pack("fund", p, amount)
}

// PackFundWithAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbffe98ed.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function fundWithAuthorization((address,address,address,bytes32) p, uint256 amount, (uint256,uint256,uint256,uint8,bytes32,bytes32) a) returns()
func (chioChannel *ChioChannel) PackFundWithAuthorization(p ChioChannelParams, amount *big.Int, a ChioChannelAuthorization) []byte {
	enc, err := chioChannel.abi.Pack("fundWithAuthorization", p, amount, a)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackFundWithAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbffe98ed.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function fundWithAuthorization((address,address,address,bytes32) p, uint256 amount, (uint256,uint256,uint256,uint8,bytes32,bytes32) a) returns()
func (chioChannel *ChioChannel) TryPackFundWithAuthorization(p ChioChannelParams, amount *big.Int, a ChioChannelAuthorization) ([]byte, error) {
	return chioChannel.abi.Pack("fundWithAuthorization", p, amount, a)
}

// PackRedeem is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfdfcbab4.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function redeem((address,address,address,bytes32) p, uint96 cumulative, bytes32 statement, bytes signature) returns()
func (chioChannel *ChioChannel) PackRedeem(p ChioChannelParams, cumulative *big.Int, statement [32]byte, signature []byte) []byte {
	enc, err := chioChannel.abi.Pack("redeem", p, cumulative, statement, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRedeem is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfdfcbab4.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function redeem((address,address,address,bytes32) p, uint96 cumulative, bytes32 statement, bytes signature) returns()
func (chioChannel *ChioChannel) TryPackRedeem(p ChioChannelParams, cumulative *big.Int, statement [32]byte, signature []byte) ([]byte, error) {
	return chioChannel.abi.Pack("redeem", p, cumulative, statement, signature)
}

// PackVoucherDigest is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf8fa93b9.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function voucherDigest(bytes32 id, uint96 cumulative, bytes32 statement) view returns(bytes32)
func (chioChannel *ChioChannel) PackVoucherDigest(id [32]byte, cumulative *big.Int, statement [32]byte) []byte {
	enc, err := chioChannel.abi.Pack("voucherDigest", id, cumulative, statement)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVoucherDigest is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf8fa93b9.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function voucherDigest(bytes32 id, uint96 cumulative, bytes32 statement) view returns(bytes32)
func (chioChannel *ChioChannel) TryPackVoucherDigest(id [32]byte, cumulative *big.Int, statement [32]byte) ([]byte, error) {
	return chioChannel.abi.Pack("voucherDigest", id, cumulative, statement)
}

// UnpackVoucherDigest is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xf8fa93b9.
//
// Solidity: function voucherDigest(bytes32 id, uint96 cumulative, bytes32 statement) view returns(bytes32)
func (chioChannel *ChioChannel) UnpackVoucherDigest(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("voucherDigest", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackWithdraw is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xaebf0052.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function withdraw((address,address,address,bytes32) p) returns()
func (chioChannel *ChioChannel) PackWithdraw(p ChioChannelParams) []byte {
	enc, err := chioChannel.abi.Pack("withdraw", p)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackWithdraw is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xaebf0052.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function withdraw((address,address,address,bytes32) p) returns()
func (chioChannel *ChioChannel) TryPackWithdraw(p ChioChannelParams) ([]byte, error) {
	return chioChannel.abi.Pack("withdraw", p)
}

// ChioChannelClosing represents a Closing event raised by the ChioChannel contract.
type ChioChannelClosing struct {
	Id      [32]byte
	CloseAt *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const ChioChannelClosingEventName = "Closing"

// ContractEventName returns the user-defined event name.
func (ChioChannelClosing) ContractEventName() string {
	return ChioChannelClosingEventName
}

// UnpackClosingEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Closing(bytes32 indexed id, uint256 closeAt)
func (chioChannel *ChioChannel) UnpackClosingEvent(log *types.Log) (*ChioChannelClosing, error) {
	event := "Closing"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioChannel.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioChannelClosing)
	if len(log.Data) > 0 {
		if err := chioChannel.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioChannel.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// ChioChannelEIP712DomainChanged represents a EIP712DomainChanged event raised by the ChioChannel contract.
type ChioChannelEIP712DomainChanged struct {
	Raw *types.Log // Blockchain specific contextual infos
}

const ChioChannelEIP712DomainChangedEventName = "EIP712DomainChanged"

// ContractEventName returns the user-defined event name.
func (ChioChannelEIP712DomainChanged) ContractEventName() string {
	return ChioChannelEIP712DomainChangedEventName
}

// UnpackEIP712DomainChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event EIP712DomainChanged()
func (chioChannel *ChioChannel) UnpackEIP712DomainChangedEvent(log *types.Log) (*ChioChannelEIP712DomainChanged, error) {
	event := "EIP712DomainChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioChannel.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioChannelEIP712DomainChanged)
	if len(log.Data) > 0 {
		if err := chioChannel.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioChannel.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// ChioChannelFunded represents a Funded event raised by the ChioChannel contract.
type ChioChannelFunded struct {
	Id        [32]byte
	Payer     common.Address
	Payee     common.Address
	Amount    *big.Int
	Deposited *big.Int
	Raw       *types.Log // Blockchain specific contextual infos
}

const ChioChannelFundedEventName = "Funded"

// ContractEventName returns the user-defined event name.
func (ChioChannelFunded) ContractEventName() string {
	return ChioChannelFundedEventName
}

// UnpackFundedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Funded(bytes32 indexed id, address indexed payer, address indexed payee, uint256 amount, uint256 deposited)
func (chioChannel *ChioChannel) UnpackFundedEvent(log *types.Log) (*ChioChannelFunded, error) {
	event := "Funded"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioChannel.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioChannelFunded)
	if len(log.Data) > 0 {
		if err := chioChannel.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioChannel.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// ChioChannelRedeemed represents a Redeemed event raised by the ChioChannel contract.
type ChioChannelRedeemed struct {
	Id         [32]byte
	Statement  [32]byte
	Cumulative *big.Int
	Paid       *big.Int
	Raw        *types.Log // Blockchain specific contextual infos
}

const ChioChannelRedeemedEventName = "Redeemed"

// ContractEventName returns the user-defined event name.
func (ChioChannelRedeemed) ContractEventName() string {
	return ChioChannelRedeemedEventName
}

// UnpackRedeemedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Redeemed(bytes32 indexed id, bytes32 indexed statement, uint256 cumulative, uint256 paid)
func (chioChannel *ChioChannel) UnpackRedeemedEvent(log *types.Log) (*ChioChannelRedeemed, error) {
	event := "Redeemed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioChannel.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioChannelRedeemed)
	if len(log.Data) > 0 {
		if err := chioChannel.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioChannel.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// ChioChannelWithdrawn represents a Withdrawn event raised by the ChioChannel contract.
type ChioChannelWithdrawn struct {
	Id     [32]byte
	Amount *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const ChioChannelWithdrawnEventName = "Withdrawn"

// ContractEventName returns the user-defined event name.
func (ChioChannelWithdrawn) ContractEventName() string {
	return ChioChannelWithdrawnEventName
}

// UnpackWithdrawnEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Withdrawn(bytes32 indexed id, uint256 amount)
func (chioChannel *ChioChannel) UnpackWithdrawnEvent(log *types.Log) (*ChioChannelWithdrawn, error) {
	event := "Withdrawn"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioChannel.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioChannelWithdrawn)
	if len(log.Data) > 0 {
		if err := chioChannel.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioChannel.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (chioChannel *ChioChannel) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["AlreadySettled"].ID.Bytes()[:4]) {
		return chioChannel.UnpackAlreadySettledError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["BadAmount"].ID.Bytes()[:4]) {
		return chioChannel.UnpackBadAmountError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["BadParty"].ID.Bytes()[:4]) {
		return chioChannel.UnpackBadPartyError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["BadSignatureLength"].ID.Bytes()[:4]) {
		return chioChannel.UnpackBadSignatureLengthError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["BadSigner"].ID.Bytes()[:4]) {
		return chioChannel.UnpackBadSignerError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ChannelClosing"].ID.Bytes()[:4]) {
		return chioChannel.UnpackChannelClosingError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["DepositMismatch"].ID.Bytes()[:4]) {
		return chioChannel.UnpackDepositMismatchError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ECDSAInvalidSignature"].ID.Bytes()[:4]) {
		return chioChannel.UnpackECDSAInvalidSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ECDSAInvalidSignatureLength"].ID.Bytes()[:4]) {
		return chioChannel.UnpackECDSAInvalidSignatureLengthError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ECDSAInvalidSignatureS"].ID.Bytes()[:4]) {
		return chioChannel.UnpackECDSAInvalidSignatureSError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ExceedsDeposit"].ID.Bytes()[:4]) {
		return chioChannel.UnpackExceedsDepositError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["GraceOutOfBounds"].ID.Bytes()[:4]) {
		return chioChannel.UnpackGraceOutOfBoundsError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["InvalidShortString"].ID.Bytes()[:4]) {
		return chioChannel.UnpackInvalidShortStringError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["NotPayer"].ID.Bytes()[:4]) {
		return chioChannel.UnpackNotPayerError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["NotWithdrawable"].ID.Bytes()[:4]) {
		return chioChannel.UnpackNotWithdrawableError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["NothingHeld"].ID.Bytes()[:4]) {
		return chioChannel.UnpackNothingHeldError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["SafeERC20FailedOperation"].ID.Bytes()[:4]) {
		return chioChannel.UnpackSafeERC20FailedOperationError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["StringTooLong"].ID.Bytes()[:4]) {
		return chioChannel.UnpackStringTooLongError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// ChioChannelAlreadySettled represents a AlreadySettled error raised by the ChioChannel contract.
type ChioChannelAlreadySettled struct {
	Cumulative *big.Int
	Settled    *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AlreadySettled(uint256 cumulative, uint256 settled)
func ChioChannelAlreadySettledErrorID() common.Hash {
	return common.HexToHash("0xd0e4288f6b156487bb3f26ea7a1e549f92b92600ffd90e356619661f922bcc50")
}

// UnpackAlreadySettledError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AlreadySettled(uint256 cumulative, uint256 settled)
func (chioChannel *ChioChannel) UnpackAlreadySettledError(raw []byte) (*ChioChannelAlreadySettled, error) {
	out := new(ChioChannelAlreadySettled)
	if err := chioChannel.abi.UnpackIntoInterface(out, "AlreadySettled", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelBadAmount represents a BadAmount error raised by the ChioChannel contract.
type ChioChannelBadAmount struct {
	Amount *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadAmount(uint256 amount)
func ChioChannelBadAmountErrorID() common.Hash {
	return common.HexToHash("0xb39be4d21b9beede5f322fec8bfffe756e47e7733fec5f40573598ea2c475ddc")
}

// UnpackBadAmountError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadAmount(uint256 amount)
func (chioChannel *ChioChannel) UnpackBadAmountError(raw []byte) (*ChioChannelBadAmount, error) {
	out := new(ChioChannelBadAmount)
	if err := chioChannel.abi.UnpackIntoInterface(out, "BadAmount", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelBadParty represents a BadParty error raised by the ChioChannel contract.
type ChioChannelBadParty struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadParty()
func ChioChannelBadPartyErrorID() common.Hash {
	return common.HexToHash("0x49088e12fb6b31c7d35e4aa6cf0cb04cb25e231b3b1c3f7a9fd0cce5c43a3c41")
}

// UnpackBadPartyError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadParty()
func (chioChannel *ChioChannel) UnpackBadPartyError(raw []byte) (*ChioChannelBadParty, error) {
	out := new(ChioChannelBadParty)
	if err := chioChannel.abi.UnpackIntoInterface(out, "BadParty", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelBadSignatureLength represents a BadSignatureLength error raised by the ChioChannel contract.
type ChioChannelBadSignatureLength struct {
	Length *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadSignatureLength(uint256 length)
func ChioChannelBadSignatureLengthErrorID() common.Hash {
	return common.HexToHash("0x7d1250fe7d9f7573d54786d97945cacc9d5addab68df166fcbdfcb55aeb2af96")
}

// UnpackBadSignatureLengthError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadSignatureLength(uint256 length)
func (chioChannel *ChioChannel) UnpackBadSignatureLengthError(raw []byte) (*ChioChannelBadSignatureLength, error) {
	out := new(ChioChannelBadSignatureLength)
	if err := chioChannel.abi.UnpackIntoInterface(out, "BadSignatureLength", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelBadSigner represents a BadSigner error raised by the ChioChannel contract.
type ChioChannelBadSigner struct {
	Recovered common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadSigner(address recovered)
func ChioChannelBadSignerErrorID() common.Hash {
	return common.HexToHash("0x9d2e6df8a96ac89244de00ae2a61d84fe28a67f3e290e6e0b61f4fd8b9f3ca8f")
}

// UnpackBadSignerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadSigner(address recovered)
func (chioChannel *ChioChannel) UnpackBadSignerError(raw []byte) (*ChioChannelBadSigner, error) {
	out := new(ChioChannelBadSigner)
	if err := chioChannel.abi.UnpackIntoInterface(out, "BadSigner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelChannelClosing represents a ChannelClosing error raised by the ChioChannel contract.
type ChioChannelChannelClosing struct {
	CloseAt *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ChannelClosing(uint256 closeAt)
func ChioChannelChannelClosingErrorID() common.Hash {
	return common.HexToHash("0x209e08fe507d3c76d663d95844c3826df99dd50409b2c9e8fc15f8d3efb773d5")
}

// UnpackChannelClosingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ChannelClosing(uint256 closeAt)
func (chioChannel *ChioChannel) UnpackChannelClosingError(raw []byte) (*ChioChannelChannelClosing, error) {
	out := new(ChioChannelChannelClosing)
	if err := chioChannel.abi.UnpackIntoInterface(out, "ChannelClosing", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelDepositMismatch represents a DepositMismatch error raised by the ChioChannel contract.
type ChioChannelDepositMismatch struct {
	Expected *big.Int
	Received *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error DepositMismatch(uint256 expected, uint256 received)
func ChioChannelDepositMismatchErrorID() common.Hash {
	return common.HexToHash("0xed5542346b666717b590de50f261485a1dc912c4339380b80e9984400d1412bb")
}

// UnpackDepositMismatchError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error DepositMismatch(uint256 expected, uint256 received)
func (chioChannel *ChioChannel) UnpackDepositMismatchError(raw []byte) (*ChioChannelDepositMismatch, error) {
	out := new(ChioChannelDepositMismatch)
	if err := chioChannel.abi.UnpackIntoInterface(out, "DepositMismatch", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelECDSAInvalidSignature represents a ECDSAInvalidSignature error raised by the ChioChannel contract.
type ChioChannelECDSAInvalidSignature struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignature()
func ChioChannelECDSAInvalidSignatureErrorID() common.Hash {
	return common.HexToHash("0xf645eedf0193584640b6b90cb9477e4c95b98636c148a891d4c0a146dc46e75a")
}

// UnpackECDSAInvalidSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignature()
func (chioChannel *ChioChannel) UnpackECDSAInvalidSignatureError(raw []byte) (*ChioChannelECDSAInvalidSignature, error) {
	out := new(ChioChannelECDSAInvalidSignature)
	if err := chioChannel.abi.UnpackIntoInterface(out, "ECDSAInvalidSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelECDSAInvalidSignatureLength represents a ECDSAInvalidSignatureLength error raised by the ChioChannel contract.
type ChioChannelECDSAInvalidSignatureLength struct {
	Length *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignatureLength(uint256 length)
func ChioChannelECDSAInvalidSignatureLengthErrorID() common.Hash {
	return common.HexToHash("0xfce698f7e8e5342cd615f641317bc45fe7e1e4a8b0a14dd1383ff8dc9c41917f")
}

// UnpackECDSAInvalidSignatureLengthError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignatureLength(uint256 length)
func (chioChannel *ChioChannel) UnpackECDSAInvalidSignatureLengthError(raw []byte) (*ChioChannelECDSAInvalidSignatureLength, error) {
	out := new(ChioChannelECDSAInvalidSignatureLength)
	if err := chioChannel.abi.UnpackIntoInterface(out, "ECDSAInvalidSignatureLength", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelECDSAInvalidSignatureS represents a ECDSAInvalidSignatureS error raised by the ChioChannel contract.
type ChioChannelECDSAInvalidSignatureS struct {
	S [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignatureS(bytes32 s)
func ChioChannelECDSAInvalidSignatureSErrorID() common.Hash {
	return common.HexToHash("0xd78bce0cccb935155ed6428d1c13e50b7f3550fd2b66b9fe266006fea4a5e1eb")
}

// UnpackECDSAInvalidSignatureSError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignatureS(bytes32 s)
func (chioChannel *ChioChannel) UnpackECDSAInvalidSignatureSError(raw []byte) (*ChioChannelECDSAInvalidSignatureS, error) {
	out := new(ChioChannelECDSAInvalidSignatureS)
	if err := chioChannel.abi.UnpackIntoInterface(out, "ECDSAInvalidSignatureS", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelExceedsDeposit represents a ExceedsDeposit error raised by the ChioChannel contract.
type ChioChannelExceedsDeposit struct {
	Cumulative *big.Int
	Deposited  *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ExceedsDeposit(uint256 cumulative, uint256 deposited)
func ChioChannelExceedsDepositErrorID() common.Hash {
	return common.HexToHash("0x303eeb1d93c84432bff3373db8aac1e2b6b0c5500f0526f72cb42baff276797d")
}

// UnpackExceedsDepositError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ExceedsDeposit(uint256 cumulative, uint256 deposited)
func (chioChannel *ChioChannel) UnpackExceedsDepositError(raw []byte) (*ChioChannelExceedsDeposit, error) {
	out := new(ChioChannelExceedsDeposit)
	if err := chioChannel.abi.UnpackIntoInterface(out, "ExceedsDeposit", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelGraceOutOfBounds represents a GraceOutOfBounds error raised by the ChioChannel contract.
type ChioChannelGraceOutOfBounds struct {
	GraceSeconds *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error GraceOutOfBounds(uint256 graceSeconds)
func ChioChannelGraceOutOfBoundsErrorID() common.Hash {
	return common.HexToHash("0x6322be3fd98991a7cc5ea18631d993430f048eaea6ff99ab41ef48f88250e881")
}

// UnpackGraceOutOfBoundsError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error GraceOutOfBounds(uint256 graceSeconds)
func (chioChannel *ChioChannel) UnpackGraceOutOfBoundsError(raw []byte) (*ChioChannelGraceOutOfBounds, error) {
	out := new(ChioChannelGraceOutOfBounds)
	if err := chioChannel.abi.UnpackIntoInterface(out, "GraceOutOfBounds", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelInvalidShortString represents a InvalidShortString error raised by the ChioChannel contract.
type ChioChannelInvalidShortString struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidShortString()
func ChioChannelInvalidShortStringErrorID() common.Hash {
	return common.HexToHash("0xb3512b0c6163e5f0bafab72bb631b9d58cd7a731b082f910338aa21c83d5c274")
}

// UnpackInvalidShortStringError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidShortString()
func (chioChannel *ChioChannel) UnpackInvalidShortStringError(raw []byte) (*ChioChannelInvalidShortString, error) {
	out := new(ChioChannelInvalidShortString)
	if err := chioChannel.abi.UnpackIntoInterface(out, "InvalidShortString", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelNotPayer represents a NotPayer error raised by the ChioChannel contract.
type ChioChannelNotPayer struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotPayer(address caller)
func ChioChannelNotPayerErrorID() common.Hash {
	return common.HexToHash("0x11a4cac08b1780339e8befb8d45ba18b332e8a9427e2478c926341cb75b1ebde")
}

// UnpackNotPayerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotPayer(address caller)
func (chioChannel *ChioChannel) UnpackNotPayerError(raw []byte) (*ChioChannelNotPayer, error) {
	out := new(ChioChannelNotPayer)
	if err := chioChannel.abi.UnpackIntoInterface(out, "NotPayer", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelNotWithdrawable represents a NotWithdrawable error raised by the ChioChannel contract.
type ChioChannelNotWithdrawable struct {
	CloseAt *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotWithdrawable(uint256 closeAt)
func ChioChannelNotWithdrawableErrorID() common.Hash {
	return common.HexToHash("0x9a9c2aaff708a5577fa8265384cc280508f76902e637f22e1247e21a9391f3c0")
}

// UnpackNotWithdrawableError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotWithdrawable(uint256 closeAt)
func (chioChannel *ChioChannel) UnpackNotWithdrawableError(raw []byte) (*ChioChannelNotWithdrawable, error) {
	out := new(ChioChannelNotWithdrawable)
	if err := chioChannel.abi.UnpackIntoInterface(out, "NotWithdrawable", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelNothingHeld represents a NothingHeld error raised by the ChioChannel contract.
type ChioChannelNothingHeld struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingHeld()
func ChioChannelNothingHeldErrorID() common.Hash {
	return common.HexToHash("0x7a17debd2c36c193cd0208d817b55deaf9fb84cf768f08904d5289e8ae749fb6")
}

// UnpackNothingHeldError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingHeld()
func (chioChannel *ChioChannel) UnpackNothingHeldError(raw []byte) (*ChioChannelNothingHeld, error) {
	out := new(ChioChannelNothingHeld)
	if err := chioChannel.abi.UnpackIntoInterface(out, "NothingHeld", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelSafeERC20FailedOperation represents a SafeERC20FailedOperation error raised by the ChioChannel contract.
type ChioChannelSafeERC20FailedOperation struct {
	Token common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SafeERC20FailedOperation(address token)
func ChioChannelSafeERC20FailedOperationErrorID() common.Hash {
	return common.HexToHash("0x5274afe73c98b4749fc91ffae6b7b574e7842cb2144a159e9377a5f20b32edf9")
}

// UnpackSafeERC20FailedOperationError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SafeERC20FailedOperation(address token)
func (chioChannel *ChioChannel) UnpackSafeERC20FailedOperationError(raw []byte) (*ChioChannelSafeERC20FailedOperation, error) {
	out := new(ChioChannelSafeERC20FailedOperation)
	if err := chioChannel.abi.UnpackIntoInterface(out, "SafeERC20FailedOperation", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioChannelStringTooLong represents a StringTooLong error raised by the ChioChannel contract.
type ChioChannelStringTooLong struct {
	Str string
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error StringTooLong(string str)
func ChioChannelStringTooLongErrorID() common.Hash {
	return common.HexToHash("0x305a27a93f8e33b7392df0a0f91d6fc63847395853c45991eec52dbf24d72381")
}

// UnpackStringTooLongError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error StringTooLong(string str)
func (chioChannel *ChioChannel) UnpackStringTooLongError(raw []byte) (*ChioChannelStringTooLong, error) {
	out := new(ChioChannelStringTooLong)
	if err := chioChannel.abi.UnpackIntoInterface(out, "StringTooLong", raw); err != nil {
		return nil, err
	}
	return out, nil
}
