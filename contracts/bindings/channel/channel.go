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

// ChioChannelClaim is an auto generated low-level Go binding around an user-defined struct.
type ChioChannelClaim struct {
	Payer      common.Address
	Salt       [32]byte
	Cumulative *big.Int
	Statement  [32]byte
	Signature  []byte
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
	ABI: "[{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"graceSeconds\",\"type\":\"uint64\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"settled\",\"type\":\"uint256\"}],\"name\":\"AlreadySettled\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"BadAmount\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"BadParty\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"recovered\",\"type\":\"address\"}],\"name\":\"BadSigner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"closeAt\",\"type\":\"uint256\"}],\"name\":\"ChannelClosing\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"validUntil\",\"type\":\"uint256\"}],\"name\":\"ConsentExpired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"received\",\"type\":\"uint256\"}],\"name\":\"DepositMismatch\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"deposited\",\"type\":\"uint256\"}],\"name\":\"ExceedsDeposit\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"graceSeconds\",\"type\":\"uint256\"}],\"name\":\"GraceOutOfBounds\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidShortString\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotPayer\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"closeAt\",\"type\":\"uint256\"}],\"name\":\"NotWithdrawable\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingHeld\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingToPay\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"SafeERC20FailedOperation\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"string\",\"name\":\"str\",\"type\":\"string\"}],\"name\":\"StringTooLong\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"closeAt\",\"type\":\"uint256\"}],\"name\":\"Closing\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[],\"name\":\"EIP712DomainChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"deposited\",\"type\":\"uint256\"}],\"name\":\"Funded\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"paid\",\"type\":\"uint256\"}],\"name\":\"Redeemed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Withdrawn\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"CLOSE_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"DOMAIN_SEPARATOR\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"GRACE_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_GRACE_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MIN_GRACE_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"VOUCHER_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"channelId\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"}],\"name\":\"channels\",\"outputs\":[{\"internalType\":\"uint96\",\"name\":\"deposited\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"settled\",\"type\":\"uint96\"},{\"internalType\":\"uint32\",\"name\":\"closeAt\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"epoch\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"close\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"internalType\":\"uint32\",\"name\":\"epoch\",\"type\":\"uint32\"},{\"internalType\":\"uint64\",\"name\":\"validUntil\",\"type\":\"uint64\"}],\"name\":\"closeDigest\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"internalType\":\"uint64\",\"name\":\"validUntil\",\"type\":\"uint64\"},{\"internalType\":\"bytes\",\"name\":\"consent\",\"type\":\"bytes\"}],\"name\":\"closeWithConsent\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"internalType\":\"uint256\",\"name\":\"sequence\",\"type\":\"uint256\"}],\"name\":\"depositNonce\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"eip712Domain\",\"outputs\":[{\"internalType\":\"bytes1\",\"name\":\"fields\",\"type\":\"bytes1\"},{\"internalType\":\"string\",\"name\":\"name\",\"type\":\"string\"},{\"internalType\":\"string\",\"name\":\"version\",\"type\":\"string\"},{\"internalType\":\"uint256\",\"name\":\"chainId\",\"type\":\"uint256\"},{\"internalType\":\"address\",\"name\":\"verifyingContract\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"},{\"internalType\":\"uint256[]\",\"name\":\"extensions\",\"type\":\"uint256[]\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"fund\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"components\":[{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"sequence\",\"type\":\"uint256\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Authorization\",\"name\":\"a\",\"type\":\"tuple\"}],\"name\":\"fundWithAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"sequence\",\"type\":\"uint256\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"name\":\"fundWithSignature\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"name\":\"redeem\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"internalType\":\"structChioChannel.Claim[]\",\"name\":\"claims\",\"type\":\"tuple[]\"}],\"name\":\"redeemMany\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"cumulative\",\"type\":\"uint96\"},{\"internalType\":\"bytes32\",\"name\":\"statement\",\"type\":\"bytes32\"}],\"name\":\"voucherDigest\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"payer\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"payee\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioChannel.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"name\":\"withdraw\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"}]",
	ID:  "ChioChannel",
	Bin: "0x61018080604052346101a35760208161266e803803809161002082856101a7565b8339810103126101a357516001600160401b0381168082036101a35760405161004a6040826101a7565b600b815260208101906a10da1a5bd0da185b9b995b60aa1b8252604051916100736040846101a7565b600183526020830191603160f81b835261008c816101de565b61012052610099846101de565b61014052519020918260e05251902080610100524660a0526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261010260c0826101a7565b5190206080523060c052610e1081101580610196575b15610184575061016052604051612424908161024a823960805181611a82015260a05181611b39015260c05181611a53015260e05181611ad101526101005181611af7015261012051816109f201526101405181610a1c015261016051818181610554015261093d0152f35b636322be3f60e01b5f5260045260245ffd5b5062278d00811115610118565b5f80fd5b601f909101601f19168101906001600160401b038211908210176101ca57604052565b634e487b7160e01b5f52604160045260245ffd5b601f8151116102095760208151910151602082106101fa571790565b5f198260200360031b1b161790565b604460209160405192839163305a27a960e01b83528160048401528051918291826024860152018484015e5f828201840152601f01601f19168101030190fdfe60806040526004361015610011575f80fd5b5f5f3560e01c806303c23537146114ed578063208e24fc146114955780633644e5151461145d5780633e6411ba1461126c5780634289d3c21461123257806358a4c9761461108e5780636570e9ad14610f71578063766b5fda14610b765780637a7ebd7b14610af057806384b0196e146109ba57806394739e8714610961578063a2b85173146108fe578063aebf005214610668578063b4fa4fcb146104ab578063bffe98ed1461031b578063caee9285146102df578063d75624931461029f578063e053e99d1461022e578063f8fa93b9146101dd5763fdfcbab4146100f6575f80fd5b346101d6577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360160e081126101d9576080136101d657610135611554565b60c4359067ffffffffffffffff82116101d4576101a561017e916101606101d1943690600401611526565b61016b949194611657565b9460a435846101786115f0565b88611b5f565b92855260026020526bffffffffffffffffffffffff604086205460601c16908315156117d6565b73ffffffffffffffffffffffffffffffffffffffff6101c26115cd565b166101cb611613565b90611c78565b80f35b825b80fd5b5080fd5b50346101d65760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d657602061022661021a61156f565b6044359060043561198c565b604051908152f35b50346101d65760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d65761026661156f565b6064359063ffffffff821682036101d4576084359267ffffffffffffffff841684036101d657602061022685856044358660043561190a565b50346101d65760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d65760206102266024356004356118e4565b50346101d657807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d657602060405162278d008152f35b50346101d6577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126101d9576080136101d65760843560c07fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff5c3601126101d957610389611657565b90826103958284611d42565b9273ffffffffffffffffffffffffffffffffffffffff6103b36115cd565b16906103ca6103c06115f0565b9160e435906118e4565b91610104359060ff82168092036104a757803b156104a7578492836101249273ffffffffffffffffffffffffffffffffffffffff9460405197889687957fef55bec60000000000000000000000000000000000000000000000000000000087521660048601523060248601528a604486015260a435606486015260c435608486015260a485015260c4840152833560e4840152610144356101048401525af1801561049c57610487575b50506101d1916104826115cd565b612001565b816104919161174b565b6101d457825f610474565b6040513d84823e3d90fd5b8480fd5b50346101d65760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d6576105043373ffffffffffffffffffffffffffffffffffffffff6104fc6115f0565b16331461178c565b61050c611657565b808252600260205260408220805461052e63ffffffff8260c01c1680156118aa565b6bffffffffffffffffffffffff808260601c16911611156106405767ffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001667ffffffffffffffff4216019067ffffffffffffffff82116106135780547fffffffff00000000ffffffffffffffffffffffffffffffffffffffffffffffff1660c083901b7bffffffff000000000000000000000000000000000000000000000000161790557fa808e41176ae56bae0ef33b9fea5c608a7f753c479260bac36ab3296d101258b9060209067ffffffffffffffff60405191168152a280f35b6024847f4e487b710000000000000000000000000000000000000000000000000000000081526011600452fd5b6004837f7a17debd000000000000000000000000000000000000000000000000000000008152fd5b50346101d65760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d6576106a0611657565b808252600260205260408220604051906106b982611702565b546bffffffffffffffffffffffff81168252602082016bffffffffffffffffffffffff8260601c16815263ffffffff8260c01c16906040840191808352606085019360e01c8452801515806108f4575b156108c957866101d18188888861082e63ffffffff8a6107e16bffffffffffffffffffffffff8c8180604081610746818d51168287511690611868565b169c828551168c528088528861075e818d5116611892565b168b528c8152600260205220995116167fffffffffffffffffffffffffffffffffffffffff000000000000000000000000895416178855511686907fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff00000000000000000000000083549260601b169116179055565b5184547fffffffff00000000ffffffffffffffffffffffffffffffffffffffffffffffff16911660c01b7bffffffff00000000000000000000000000000000000000000000000016178355565b517bffffffffffffffffffffffffffffffffffffffffffffffffffffffff7fffffffff0000000000000000000000000000000000000000000000000000000083549260e01b1691161790557f6620f0849b3b96a180cce108df2fc1f0d6c68af3745da66e833b8c7c1600eddb6020604051848152a273ffffffffffffffffffffffffffffffffffffffff6108c06115cd565b166101cb6115f0565b7f9a9c2aaf000000000000000000000000000000000000000000000000000000008752600452602486fd5b5080421015610709565b50346101d657807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d657602060405167ffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b50346101d657807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d65760206040517fd64afee0298edc1d924c578173af4d0c6de4c7d574715dadde17d482d63325af8152f35b50346101d657807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d657610a9490610a167f00000000000000000000000000000000000000000000000000000000000000006123cd565b90610a407f00000000000000000000000000000000000000000000000000000000000000006123cd565b906020610aa260405193610a54838661174b565b8385525f3681376040519687967f0f00000000000000000000000000000000000000000000000000000000000000885260e08589015260e088019061158a565b90868203604088015261158a565b904660608601523060808601528260a086015284820360c08601528080855193848152019401925b828110610ad957505050500390f35b835185528695509381019392810192600101610aca565b50346101d65760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d6576040608091600435815260026020522054604051906bffffffffffffffffffffffff811682526bffffffffffffffffffffffff8160601c16602083015263ffffffff8160c01c16604083015260e01c6060820152f35b50346101d6577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126101d9576080136101d657610bb7611554565b60a4359060c4359067ffffffffffffffff8216918281036104a75760e43567ffffffffffffffff8111610f6d57610bf2903690600401611526565b949093610c163373ffffffffffffffffffffffffffffffffffffffff6104fc6115f0565b804211610f425750610c26611657565b938487526002602052604087209260405193610c4185611702565b54966bffffffffffffffffffffffff881685526bffffffffffffffffffffffff8860601c1692602086019284845263ffffffff8a60c01c166040880152606087019960e01c8a52610ca56bffffffffffffffffffffffff89169589818810156117d6565b610cc26bffffffffffffffffffffffff885116898188111561181f565b6bffffffffffffffffffffffff8751166bffffffffffffffffffffffff8551161015610f1a576107e16bffffffffffffffffffffffff610d5963ffffffff828f99988f8f978f91610d478f610d5095610d3f610e049f8a9f8f96610d398c998a998f988d8c9a610d30611613565b9651169261190a565b906120d5565b511684611868565b169e5116611868565b169d5116611892565b958180604080519a8b97610d6c89611702565b85895260208901958652896060848b019a848c52019c168c528152600260205220995116167fffffffffffffffffffffffffffffffffffffffff000000000000000000000000895416178855511686907fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff00000000000000000000000083549260601b169116179055565b517bffffffffffffffffffffffffffffffffffffffffffffffffffffffff7fffffffff0000000000000000000000000000000000000000000000000000000083549260e01b1691161790558382610eae575b505050507f6620f0849b3b96a180cce108df2fc1f0d6c68af3745da66e833b8c7c1600eddb6020604051848152a280610e8d575080f35b6101d19073ffffffffffffffffffffffffffffffffffffffff6108c06115cd565b604080516bffffffffffffffffffffffff95909516855260208501849052610f11947f341359d52f66ee383b6b15ec2040e94c395dea2b6c8ab93ae926cbc2237a52e99190a373ffffffffffffffffffffffffffffffffffffffff6101c26115cd565b5f808083610e56565b60048b7f7a17debd000000000000000000000000000000000000000000000000000000008152fd5b7f992b5308000000000000000000000000000000000000000000000000000000008752600452602486fd5b8580fd5b50346101d6577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360160a081126101d9576080136101d65760843590610fbe82610fb9611657565b611d42565b9173ffffffffffffffffffffffffffffffffffffffff610fdc6115cd565b16926040517f23b872dd00000000000000000000000000000000000000000000000000000000845233600452306024528260445260208460648180895af190600185511482161561106d575b604052836060521561104157906101d1916104826115cd565b602483857f5274afe7000000000000000000000000000000000000000000000000000000008252600452fd5b90600181151661108557853b15153d15161690611028565b503d84823e3d90fd5b503461122e577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601610120811261122e5760801361122e57608435906101043567ffffffffffffffff811161122e576110ec903690600401611526565b6110f7939193611657565b906111028383611d42565b9473ffffffffffffffffffffffffffffffffffffffff6111206115cd565b1661113661112c6115f0565b9460e435906118e4565b93813b1561122e575f61010473ffffffffffffffffffffffffffffffffffffffff927fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8885998c996040519c8d9b8c9a8b987f88b7ab63000000000000000000000000000000000000000000000000000000008a52166004890152306024890152604488015260a435606488015260c435608488015260a487015260e060c48701528160e48701528686013785858286010152011681010301925af180156112235761120d575b506101d191926104826115cd565b6101d192505f61121c9161174b565b5f916111ff565b6040513d5f823e3d90fd5b5f80fd5b3461122e575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261122e576020604051610e108152f35b3461122e5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261122e5760043573ffffffffffffffffffffffffffffffffffffffff8116810361122e576024359073ffffffffffffffffffffffffffffffffffffffff82169081830361122e5760443567ffffffffffffffff811161122e573660238201121561122e57806004013567ffffffffffffffff811161122e573660248260051b8401011161122e57925f91368190037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3d0191835b868510156114235760248560051b840101358481121561122e578301602481019161138d61138761137a85611636565b8c8b6044870135926119e9565b93611636565b916064810135936bffffffffffffffffffffffff8516850361122e5760a48201357fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffbd368490030181121561122e5782016024018035919067ffffffffffffffff831161122e5760200190823603821361122e5760019661141b96608461141596013592611b5f565b906116c8565b94019361134a565b8581156114355761143392611c78565b005b7f4d63c252000000000000000000000000000000000000000000000000000000005f5260045ffd5b3461122e575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261122e576020610226611a3c565b3461122e575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261122e5760206040517f0cc413ff0da2f8bbbe9d9cfd38d8c7fe32346108a9eeb2eb6bb8eb4d38a48ca98152f35b3461122e5760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261122e576020610226611657565b9181601f8401121561122e5782359167ffffffffffffffff831161122e576020838186019501011161122e57565b608435906bffffffffffffffffffffffff8216820361122e57565b602435906bffffffffffffffffffffffff8216820361122e57565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b60443573ffffffffffffffffffffffffffffffffffffffff8116810361122e5790565b60043573ffffffffffffffffffffffffffffffffffffffff8116810361122e5790565b60243573ffffffffffffffffffffffffffffffffffffffff8116810361122e5790565b3573ffffffffffffffffffffffffffffffffffffffff8116810361122e5790565b60043573ffffffffffffffffffffffffffffffffffffffff8116810361122e576024359073ffffffffffffffffffffffffffffffffffffffff8216820361122e5760443573ffffffffffffffffffffffffffffffffffffffff8116810361122e576116c592606435926119e9565b90565b919082018092116116d557565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b6080810190811067ffffffffffffffff82111761171e57604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761171e57604052565b156117945750565b73ffffffffffffffffffffffffffffffffffffffff907f11a4cac0000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b156117df575050565b906bffffffffffffffffffffffff80927fd0e4288f000000000000000000000000000000000000000000000000000000005f52166004521660245260445ffd5b15611828575050565b906bffffffffffffffffffffffff80927f303eeb1d000000000000000000000000000000000000000000000000000000005f52166004521660245260445ffd5b906bffffffffffffffffffffffff809116911603906bffffffffffffffffffffffff82116116d557565b63ffffffff60019116019063ffffffff82116116d557565b156118b25750565b63ffffffff907f209e08fe000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b90604051906020820192835260408201526040815261190460608261174b565b51902090565b929363ffffffff6116c59567ffffffffffffffff93946bffffffffffffffffffffffff6040519660208801987f0cc413ff0da2f8bbbe9d9cfd38d8c7fe32346108a9eeb2eb6bb8eb4d38a48ca98a52604089015216606087015260808601521660a08401521660c082015260c0815261198460e08261174b565b51902061226b565b906116c5926bffffffffffffffffffffffff6040519260208401947fd64afee0298edc1d924c578173af4d0c6de4c7d574715dadde17d482d63325af8652604085015216606083015260808201526080815261198460a08261174b565b92909173ffffffffffffffffffffffffffffffffffffffff9081604051948160208701974689523060408901521660608701521660808501521660a083015260c082015260c0815261190460e08261174b565b73ffffffffffffffffffffffffffffffffffffffff7f000000000000000000000000000000000000000000000000000000000000000016301480611b36575b15611aa4577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a0815261190460c08261174b565b507f00000000000000000000000000000000000000000000000000000000000000004614611a7b565b929394909194835f52600260205260405f208054936bffffffffffffffffffffffff8086169560601c16916bffffffffffffffffffffffff89169083821115611c6a57611bf66bffffffffffffffffffffffff96611c4596611c3f95610d398d8f8e611bf17f341359d52f66ee383b6b15ec2040e94c395dea2b6c8ab93ae926cbc2237a52e99f8381819d111561181f565b61198c565b907fffffffffffffffff000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff00000000000000000000000083549260601b169116179055565b86611868565b604080516bffffffffffffffffffffffff97909716875291166020860181905294a390565b505050505050505050505f90565b9173ffffffffffffffffffffffffffffffffffffffff604051927fa9059cbb000000000000000000000000000000000000000000000000000000005f521660045260245260205f60448180865af19060015f5114821615611d21575b60405215611cdf5750565b73ffffffffffffffffffffffffffffffffffffffff907f5274afe7000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b906001811516611d3957823b15153d15161690611cd4565b503d5f823e3d90fd5b6004359073ffffffffffffffffffffffffffffffffffffffff82169182811415908161122e5783151580611fd6575b80611fa6575b80611f7a575b15611f5257825f52600260205260405f2091611dbc6bffffffffffffffffffffffff8454611db563ffffffff8260c01c1680156118aa565b16876116c8565b9286151580611f3c575b80611f26575b15611efa5780547fffffffffffffffffffffffffffffffffffffffff000000000000000000000000166bffffffffffffffffffffffff851617905561122e575060243573ffffffffffffffffffffffffffffffffffffffff81169485820361122e577f35e43b2ba3be150931239c4b635d183d0a09162df5b1a058e81cb2f0264b0075926040925082519182526020820152a460443573ffffffffffffffffffffffffffffffffffffffff81169081810361122e5760249160209150604051928380927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa908115611223575f91611ecb575090565b90506020813d602011611ef2575b81611ee66020938361174b565b8101031261122e575190565b3d9150611ed9565b867fb39be4d2000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b506bffffffffffffffffffffffff841115611dcc565b506bffffffffffffffffffffffff871115611dc6565b7f49088e12000000000000000000000000000000000000000000000000000000005f5260045ffd5b5060243573ffffffffffffffffffffffffffffffffffffffff81169081810361122e5750301415611d7d565b5090505f9060243573ffffffffffffffffffffffffffffffffffffffff81169081810361122e5750841415611d77565b5060243573ffffffffffffffffffffffffffffffffffffffff81169081810361122e57501515611d71565b90602073ffffffffffffffffffffffffffffffffffffffff93926024604051809681937f70a08231000000000000000000000000000000000000000000000000000000008352306004840152165afa928315611223575f936120a1575b5082039182116116d557808203612073575050565b7fed554234000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b9092506020813d6020116120cd575b816120bd6020938361174b565b8101031261122e5751915f61205e565b3d91506120b0565b9290916120e38282856122ac565b9373ffffffffffffffffffffffffffffffffffffffff8082169516948086149081612261575b5061225a57803b15159384612150575b50505050156121255750565b7f9d2e6df8000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b909192935067ffffffffffffffff841161171e57604051612199601f86017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0166020018261174b565b848152368585011161122e577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f825f602089819a839a83606499013783010152805190604051957f1626ba7e00000000000000000000000000000000000000000000000000000000875260048701526040602487015288820190604487015e86848287010152011601915afa7f1626ba7e000000000000000000000000000000000000000000000000000000005f5114601f3d1116165f808080612119565b5050505050565b905015155f612109565b604290612276611a3c565b90604051917f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201522090565b919060408203612361578160201161122e5780359160401161122e5760200135601b8160ff1c0160ff81116116d5577f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff909116925b7f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a084111561233157505050505f90565b6020935f9360ff60809460405194855216868401526040830152606082015282805260015afa15611223575f5190565b9091604183036123c6578260201161122e578135918360401161122e5760208101359360401015612399576040013560f81c90612301565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b5050505f90565b60ff811690601f82116123fc57604051916123e960408461174b565b6020808452838101919036833783525290565b7fb3512b0c000000000000000000000000000000000000000000000000000000005f5260045ffd",
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

// PackCLOSETYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x208e24fc.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function CLOSE_TYPEHASH() view returns(bytes32)
func (chioChannel *ChioChannel) PackCLOSETYPEHASH() []byte {
	enc, err := chioChannel.abi.Pack("CLOSE_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCLOSETYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x208e24fc.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function CLOSE_TYPEHASH() view returns(bytes32)
func (chioChannel *ChioChannel) TryPackCLOSETYPEHASH() ([]byte, error) {
	return chioChannel.abi.Pack("CLOSE_TYPEHASH")
}

// UnpackCLOSETYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x208e24fc.
//
// Solidity: function CLOSE_TYPEHASH() view returns(bytes32)
func (chioChannel *ChioChannel) UnpackCLOSETYPEHASH(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("CLOSE_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
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
// Solidity: function channels(bytes32 id) view returns(uint96 deposited, uint96 settled, uint32 closeAt, uint32 epoch)
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
// Solidity: function channels(bytes32 id) view returns(uint96 deposited, uint96 settled, uint32 closeAt, uint32 epoch)
func (chioChannel *ChioChannel) TryPackChannels(id [32]byte) ([]byte, error) {
	return chioChannel.abi.Pack("channels", id)
}

// ChannelsOutput serves as a container for the return parameters of contract
// method Channels.
type ChannelsOutput struct {
	Deposited *big.Int
	Settled   *big.Int
	CloseAt   uint32
	Epoch     uint32
}

// UnpackChannels is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7a7ebd7b.
//
// Solidity: function channels(bytes32 id) view returns(uint96 deposited, uint96 settled, uint32 closeAt, uint32 epoch)
func (chioChannel *ChioChannel) UnpackChannels(data []byte) (ChannelsOutput, error) {
	out, err := chioChannel.abi.Unpack("channels", data)
	outstruct := new(ChannelsOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Deposited = abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	outstruct.Settled = abi.ConvertType(out[1], new(big.Int)).(*big.Int)
	outstruct.CloseAt = *abi.ConvertType(out[2], new(uint32)).(*uint32)
	outstruct.Epoch = *abi.ConvertType(out[3], new(uint32)).(*uint32)
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

// PackCloseDigest is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe053e99d.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function closeDigest(bytes32 id, uint96 cumulative, bytes32 statement, uint32 epoch, uint64 validUntil) view returns(bytes32)
func (chioChannel *ChioChannel) PackCloseDigest(id [32]byte, cumulative *big.Int, statement [32]byte, epoch uint32, validUntil uint64) []byte {
	enc, err := chioChannel.abi.Pack("closeDigest", id, cumulative, statement, epoch, validUntil)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCloseDigest is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe053e99d.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function closeDigest(bytes32 id, uint96 cumulative, bytes32 statement, uint32 epoch, uint64 validUntil) view returns(bytes32)
func (chioChannel *ChioChannel) TryPackCloseDigest(id [32]byte, cumulative *big.Int, statement [32]byte, epoch uint32, validUntil uint64) ([]byte, error) {
	return chioChannel.abi.Pack("closeDigest", id, cumulative, statement, epoch, validUntil)
}

// UnpackCloseDigest is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe053e99d.
//
// Solidity: function closeDigest(bytes32 id, uint96 cumulative, bytes32 statement, uint32 epoch, uint64 validUntil) view returns(bytes32)
func (chioChannel *ChioChannel) UnpackCloseDigest(data []byte) ([32]byte, error) {
	out, err := chioChannel.abi.Unpack("closeDigest", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackCloseWithConsent is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x766b5fda.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function closeWithConsent((address,address,address,bytes32) p, uint96 cumulative, bytes32 statement, uint64 validUntil, bytes consent) returns()
func (chioChannel *ChioChannel) PackCloseWithConsent(p ChioChannelParams, cumulative *big.Int, statement [32]byte, validUntil uint64, consent []byte) []byte {
	enc, err := chioChannel.abi.Pack("closeWithConsent", p, cumulative, statement, validUntil, consent)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCloseWithConsent is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x766b5fda.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function closeWithConsent((address,address,address,bytes32) p, uint96 cumulative, bytes32 statement, uint64 validUntil, bytes consent) returns()
func (chioChannel *ChioChannel) TryPackCloseWithConsent(p ChioChannelParams, cumulative *big.Int, statement [32]byte, validUntil uint64, consent []byte) ([]byte, error) {
	return chioChannel.abi.Pack("closeWithConsent", p, cumulative, statement, validUntil, consent)
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

// PackFundWithSignature is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x58a4c976.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function fundWithSignature((address,address,address,bytes32) p, uint256 amount, uint256 validAfter, uint256 validBefore, uint256 sequence, bytes signature) returns()
func (chioChannel *ChioChannel) PackFundWithSignature(p ChioChannelParams, amount *big.Int, validAfter *big.Int, validBefore *big.Int, sequence *big.Int, signature []byte) []byte {
	enc, err := chioChannel.abi.Pack("fundWithSignature", p, amount, validAfter, validBefore, sequence, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackFundWithSignature is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x58a4c976.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function fundWithSignature((address,address,address,bytes32) p, uint256 amount, uint256 validAfter, uint256 validBefore, uint256 sequence, bytes signature) returns()
func (chioChannel *ChioChannel) TryPackFundWithSignature(p ChioChannelParams, amount *big.Int, validAfter *big.Int, validBefore *big.Int, sequence *big.Int, signature []byte) ([]byte, error) {
	return chioChannel.abi.Pack("fundWithSignature", p, amount, validAfter, validBefore, sequence, signature)
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

// PackRedeemMany is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3e6411ba.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function redeemMany(address payee, address token, (address,bytes32,uint96,bytes32,bytes)[] claims) returns()
func (chioChannel *ChioChannel) PackRedeemMany(payee common.Address, token common.Address, claims []ChioChannelClaim) []byte {
	enc, err := chioChannel.abi.Pack("redeemMany", payee, token, claims)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRedeemMany is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3e6411ba.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function redeemMany(address payee, address token, (address,bytes32,uint96,bytes32,bytes)[] claims) returns()
func (chioChannel *ChioChannel) TryPackRedeemMany(payee common.Address, token common.Address, claims []ChioChannelClaim) ([]byte, error) {
	return chioChannel.abi.Pack("redeemMany", payee, token, claims)
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
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["BadSigner"].ID.Bytes()[:4]) {
		return chioChannel.UnpackBadSignerError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ChannelClosing"].ID.Bytes()[:4]) {
		return chioChannel.UnpackChannelClosingError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["ConsentExpired"].ID.Bytes()[:4]) {
		return chioChannel.UnpackConsentExpiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["DepositMismatch"].ID.Bytes()[:4]) {
		return chioChannel.UnpackDepositMismatchError(raw[4:])
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
	if bytes.Equal(raw[:4], chioChannel.abi.Errors["NothingToPay"].ID.Bytes()[:4]) {
		return chioChannel.UnpackNothingToPayError(raw[4:])
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

// ChioChannelConsentExpired represents a ConsentExpired error raised by the ChioChannel contract.
type ChioChannelConsentExpired struct {
	ValidUntil *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ConsentExpired(uint256 validUntil)
func ChioChannelConsentExpiredErrorID() common.Hash {
	return common.HexToHash("0x992b5308712af9917ab2be75cccbf8c07413b7daf833da2b5389c8dc31ed5b50")
}

// UnpackConsentExpiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ConsentExpired(uint256 validUntil)
func (chioChannel *ChioChannel) UnpackConsentExpiredError(raw []byte) (*ChioChannelConsentExpired, error) {
	out := new(ChioChannelConsentExpired)
	if err := chioChannel.abi.UnpackIntoInterface(out, "ConsentExpired", raw); err != nil {
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

// ChioChannelNothingToPay represents a NothingToPay error raised by the ChioChannel contract.
type ChioChannelNothingToPay struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingToPay()
func ChioChannelNothingToPayErrorID() common.Hash {
	return common.HexToHash("0x4d63c252538ab708dc54228436ccda748d3924f239d20604ecbd55e56c4f3138")
}

// UnpackNothingToPayError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingToPay()
func (chioChannel *ChioChannel) UnpackNothingToPayError(raw []byte) (*ChioChannelNothingToPay, error) {
	out := new(ChioChannelNothingToPay)
	if err := chioChannel.abi.UnpackIntoInterface(out, "NothingToPay", raw); err != nil {
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
