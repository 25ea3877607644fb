// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package bondvault

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

// ChioBondVaultApproval is an auto generated low-level Go binding around an user-defined struct.
type ChioBondVaultApproval struct {
	Arbiter   uint8
	Signature []byte
}

// ChioBondVaultShare is an auto generated low-level Go binding around an user-defined struct.
type ChioBondVaultShare struct {
	Beneficiary common.Address
	Amount      *big.Int
}

// ChioBondVaultTerms is an auto generated low-level Go binding around an user-defined struct.
type ChioBondVaultTerms struct {
	Principal     common.Address
	Token         common.Address
	Amount        *big.Int
	ExpiresAt     uint64
	AppealSeconds uint64
	Threshold     uint8
	Arbiters      []common.Address
	Salt          [32]byte
}

// ChioBondVaultMetaData contains all meta data concerning the ChioBondVault contract.
var ChioBondVaultMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[],\"name\":\"AlreadyLocked\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"available\",\"type\":\"uint256\"}],\"name\":\"BadAmount\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"arbiter\",\"type\":\"uint256\"}],\"name\":\"BadArbiter\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"BadDistribution\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"BadTerms\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"time\",\"type\":\"uint256\"}],\"name\":\"BadTime\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"expected\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"received\",\"type\":\"uint256\"}],\"name\":\"DepositMismatch\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidShortString\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"given\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"threshold\",\"type\":\"uint256\"}],\"name\":\"NotEnoughArbiters\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NotLocked\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotPrincipal\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingDue\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingProposed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"SafeERC20FailedOperation\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"readyAt\",\"type\":\"uint256\"}],\"name\":\"SlashUnderWay\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"string\",\"name\":\"str\",\"type\":\"string\"}],\"name\":\"StringTooLong\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"readyAt\",\"type\":\"uint256\"}],\"name\":\"WindowOpen\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"readyAt\",\"type\":\"uint256\"}],\"name\":\"Appealed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[],\"name\":\"EIP712DomainChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"evidence\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"until\",\"type\":\"uint256\"}],\"name\":\"Held\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"expiresAt\",\"type\":\"uint256\"}],\"name\":\"Locked\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"evidence\",\"type\":\"bytes32\"}],\"name\":\"Overturned\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Released\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"evidence\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"components\":[{\"internalType\":\"address\",\"name\":\"beneficiary\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"indexed\":false,\"internalType\":\"structChioBondVault.Share[]\",\"name\":\"shares\",\"type\":\"tuple[]\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"readyAt\",\"type\":\"uint256\"}],\"name\":\"SlashProposed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Slashed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Withdrawn\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"DOMAIN_SEPARATOR\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"HOLD_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_APPEAL_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_ARBITERS\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_HOLD_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_SHARES\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MAX_TERM_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"MIN_APPEAL_SECONDS\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"OVERTURN_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"RELEASE_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"SLASH_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"}],\"name\":\"appeal\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"}],\"name\":\"bondId\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"}],\"name\":\"bonds\",\"outputs\":[{\"internalType\":\"uint96\",\"name\":\"remaining\",\"type\":\"uint96\"},{\"internalType\":\"uint96\",\"name\":\"held\",\"type\":\"uint96\"},{\"internalType\":\"uint40\",\"name\":\"heldUntil\",\"type\":\"uint40\"},{\"internalType\":\"uint16\",\"name\":\"sequence\",\"type\":\"uint16\"},{\"internalType\":\"bool\",\"name\":\"locked\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"credits\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"beneficiary\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"internalType\":\"structChioBondVault.Share[]\",\"name\":\"shares\",\"type\":\"tuple[]\"}],\"name\":\"distributionHash\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"eip712Domain\",\"outputs\":[{\"internalType\":\"bytes1\",\"name\":\"fields\",\"type\":\"bytes1\"},{\"internalType\":\"string\",\"name\":\"name\",\"type\":\"string\"},{\"internalType\":\"string\",\"name\":\"version\",\"type\":\"string\"},{\"internalType\":\"uint256\",\"name\":\"chainId\",\"type\":\"uint256\"},{\"internalType\":\"address\",\"name\":\"verifyingContract\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"},{\"internalType\":\"uint256[]\",\"name\":\"extensions\",\"type\":\"uint256[]\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"},{\"components\":[{\"internalType\":\"address\",\"name\":\"beneficiary\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"internalType\":\"structChioBondVault.Share[]\",\"name\":\"shares\",\"type\":\"tuple[]\"}],\"name\":\"finalizeSlash\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"until\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"evidence\",\"type\":\"bytes32\"},{\"components\":[{\"internalType\":\"uint8\",\"name\":\"arbiter\",\"type\":\"uint8\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"internalType\":\"structChioBondVault.Approval[]\",\"name\":\"approvals\",\"type\":\"tuple[]\"}],\"name\":\"hold\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"}],\"name\":\"lock\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"},{\"internalType\":\"bytes32\",\"name\":\"evidence\",\"type\":\"bytes32\"},{\"components\":[{\"internalType\":\"uint8\",\"name\":\"arbiter\",\"type\":\"uint8\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"internalType\":\"structChioBondVault.Approval[]\",\"name\":\"approvals\",\"type\":\"tuple[]\"}],\"name\":\"overturn\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"id\",\"type\":\"bytes32\"}],\"name\":\"proposals\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"distribution\",\"type\":\"bytes32\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"readyAt\",\"type\":\"uint64\"},{\"internalType\":\"bool\",\"name\":\"appealed\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"},{\"components\":[{\"internalType\":\"address\",\"name\":\"beneficiary\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"}],\"internalType\":\"structChioBondVault.Share[]\",\"name\":\"shares\",\"type\":\"tuple[]\"},{\"internalType\":\"bytes32\",\"name\":\"evidence\",\"type\":\"bytes32\"},{\"components\":[{\"internalType\":\"uint8\",\"name\":\"arbiter\",\"type\":\"uint8\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"internalType\":\"structChioBondVault.Approval[]\",\"name\":\"approvals\",\"type\":\"tuple[]\"}],\"name\":\"proposeSlash\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"}],\"name\":\"release\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"principal\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"internalType\":\"uint64\",\"name\":\"expiresAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"appealSeconds\",\"type\":\"uint64\"},{\"internalType\":\"uint8\",\"name\":\"threshold\",\"type\":\"uint8\"},{\"internalType\":\"address[]\",\"name\":\"arbiters\",\"type\":\"address[]\"},{\"internalType\":\"bytes32\",\"name\":\"salt\",\"type\":\"bytes32\"}],\"internalType\":\"structChioBondVault.Terms\",\"name\":\"t\",\"type\":\"tuple\"},{\"internalType\":\"uint96\",\"name\":\"amount\",\"type\":\"uint96\"},{\"components\":[{\"internalType\":\"uint8\",\"name\":\"arbiter\",\"type\":\"uint8\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"internalType\":\"structChioBondVault.Approval[]\",\"name\":\"approvals\",\"type\":\"tuple[]\"}],\"name\":\"releaseEarly\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"}],\"name\":\"withdraw\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"}]",
	ID:  "ChioBondVault",
	Bin: "0x6101606040523461012d57604051610018604082610131565b600d815260208101906c10da1a5bd09bdb9915985d5b1d609a1b825260405191610043604084610131565b600183526020830191603160f81b835261005c81610168565b6101205261006984610168565b61014052519020918260e05251902080610100524660a0526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526100d260c082610131565b5190206080523060c0526040516132e190816101d4823960805181612fcb015260a05181613082015260c05181612f9c015260e0518161301a0152610100518161304001526101205181610c0e01526101405181610c370152f35b5f80fd5b601f909101601f19168101906001600160401b0382119082101761015457604052565b634e487b7160e01b5f52604160045260245ffd5b601f815111610193576020815191015160208210610184571790565b5f198260200360031b1b161790565b604460209160405192839163305a27a960e01b83528160048401528051918291826024860152018484015e5f828201840152601f01601f19168101030190fdfe6080806040526004361015610012575f80fd5b5f3560e01c9081630902df91146121dd575080631fd856b5146121a357806322fafb7f1461216857806323d6c93b146119ef5780632895693d14610e8157806332ed5b121461196d57806333fef0281461154a57806334225f34146113c05780633644e5151461138857806336ee0fa814610e9e578063393083b414610e865780633e8ff57b14610e815780634da5a1e314610e465780635c2af2aa14610dee578063637cd7f014610d625780637bac00e114610d0a57806384b0196e14610bd857806385eea9351461087657806389c59a8114610814578063ac3822b91461069b578063adae170014610643578063b7c4628f14610439578063b9ad7ea9146103a4578063d486863614610368578063f514be80146103015763f940e3851461013a575f80fd5b346102fd5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57610171612372565b73ffffffffffffffffffffffffffffffffffffffff61018e612395565b911690815f52600460205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f5260205260405f205480156102d557825f52600460205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f526020525f604081205573ffffffffffffffffffffffffffffffffffffffff604051921691828152816020820152837fa4195c37c2947bbe89165f03e320b6903116f0b10d8cfdb522330f7ce6f9fa2460403393a3604051917fa9059cbb000000000000000000000000000000000000000000000000000000005f5260045260245260205f60448180865af19060015f51148216156102b5575b501561028a57005b7f5274afe7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b60018215166102cd5750813b15153d1516165f610282565b3d5f823e3d90fd5b7f86fdb19c000000000000000000000000000000000000000000000000000000005f5260045ffd5b5f80fd5b346102fd5761030f36612233565b610318816129b7565b61033d9291924267ffffffffffffffff6103346060860161255b565b16421015612692565b6103478184612a82565b9283156102d5576bffffffffffffffffffffffff610366941692612d66565b005b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760206040516312d932008152f35b346102fd5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd576004355f52600260205260a060405f2054604051906bffffffffffffffffffffffff811682526bffffffffffffffffffffffff8160601c16602083015264ffffffffff8160c01c16604083015261ffff8160e81c16606083015260f81c15156080820152f35b346102fd5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760043567ffffffffffffffff81116102fd576101007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8260040192360301126102fd576024359060443567ffffffffffffffff81116102fd576104cf903690600401612341565b6104d8836129b7565b929093845f52600360205260405f20805415159081610628575b50156106005761056361056a9361ffff9360606105c69701938585511660405160208101917ff6e03be0f3ded9b055e7f85da1ed672989048c3e6a6c0464e75a54d7e5c748f983528b604083015260608201528b60808201526080815261055a60a08261251a565b51902090612b88565b51166125f1565b825f52600260205260405f20907fff0000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7effff000000000000000000000000000000000000000000000000000000000083549260e81b169116179055565b805f5260036020525f60016040822082815501557f563e0ac72bfecb4282c6c6498dcca9482c0a3fcb3f86aa54c6e3b10d3971df3c5f80a3005b7fe8d4708f000000000000000000000000000000000000000000000000000000005f5260045ffd5b67ffffffffffffffff91506001015460601c164210876104f2565b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760206040517ff6e03be0f3ded9b055e7f85da1ed672989048c3e6a6c0464e75a54d7e5c748f98152f35b346102fd576106a936612233565b6106d33373ffffffffffffffffffffffffffffffffffffffff6106cb84612431565b163314612452565b6106dc816129b7565b5090815f52600360205260405f209081541515806107fa575b806107e8575b15610600577fe15bdfa86af1d1ced5b293ee9524da8380fe581ad590d0c194039026c5c0f6cc9161079461074f600161073860806020960161255b565b93019267ffffffffffffffff845460601c16612670565b82547fffffffffffffffffffffffff0000000000000000ffffffffffffffffffffffff1660609190911b73ffffffffffffffff00000000000000000000000016178255565b740100000000000000000000000000000000000000007fffffffffffffffffffffff00ffffffffffffffffffffffffffffffffffffffff8254161780915567ffffffffffffffff6040519160601c168152a2005b5060ff600183015460a01c16156106fb565b5067ffffffffffffffff600183015460601c1642106106f5565b346102fd5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760043567ffffffffffffffff81116102fd5761086e61086860209236906004016122dc565b906128f9565b604051908152f35b346102fd5760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760043567ffffffffffffffff81116102fd57806004016101007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc83360301126102fd576108f061230d565b6044359267ffffffffffffffff8416908185036102fd576064359460843567ffffffffffffffff81116102fd5761092b903690600401612341565b610937879392936129b7565b9390976109666bffffffffffffffffffffffff8651166bffffffffffffffffffffffff8a1699818b1115612605565b871580968115610b9d575b5015610b71579360409693610a1089979460809464ffffffffff988d8f9d7fbd7c61bf3c279863b71203f97f87d18e697816e62cda754e431d63f00f6daee99e606089019b61ffff8d5116926040519360208501957f295daaf7e96e181024a92080f010c485bcaa8dfe6dab05366dac3ef6bc9dc0ee8752604086015260608501528b84015260a083015260c082015260c0815261055a60e08261251a565b602082018781529315610b625750610b0461ffff5f955b878a85019716875281610a3c818351166125f1565b1681525f8c815260026020528a9020845181549751985192517fff000000000000000000000000000000000000000000000000000000000000009098166bffffffffffffffffffffffff919091161760609890981b77ffffffffffffffffffffffff000000000000000000000000169790971760c082901b7cffffffffff00000000000000000000000000000000000000000000000016179190951660e81b7effff000000000000000000000000000000000000000000000000000000000016178555929392565b015181547effffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1690151560f81b7fff00000000000000000000000000000000000000000000000000000000000000161790558351928352166020820152a3005b61ffff86610b04921695610a27565b867f0517a07b000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b428911915081610baf575b508b610971565b67ffffffffffffffff9150610bc96064610bce920161255b565b61264e565b168711158b610ba8565b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57610cae610c327f00000000000000000000000000000000000000000000000000000000000000006131c1565b610c5b7f00000000000000000000000000000000000000000000000000000000000000006131c1565b6020610cbc60405192610c6e838561251a565b5f84525f3681376040519586957f0f00000000000000000000000000000000000000000000000000000000000000875260e08588015260e08701906123d9565b9085820360408701526123d9565b4660608501523060808501525f60a085015283810360c08501528180845192838152019301915f5b828110610cf357505050500390f35b835185528695509381019392810192600101610ce4565b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760206040517f295daaf7e96e181024a92080f010c485bcaa8dfe6dab05366dac3ef6bc9dc0ee8152f35b346102fd5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57610d99612372565b73ffffffffffffffffffffffffffffffffffffffff610db6612395565b91165f52600460205273ffffffffffffffffffffffffffffffffffffffff60405f2091165f52602052602060405f2054604051908152f35b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760206040517fbb158486a89afdcc9ce8601664f24e221a2a143b109350d80d04396050a3c5d68152f35b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57602060405162278d008152f35b6122a3565b346102fd57602061086e610e9936612233565b612732565b346102fd5760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760043567ffffffffffffffff81116102fd5780600401906101007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc82360301126102fd5760243567ffffffffffffffff81116102fd57610f319036906004016122dc565b6044359360643567ffffffffffffffff81116102fd57610f55903690600401612341565b93610f5f836129b7565b5f8281526003602052604090208054600190910154929891959260601c67ffffffffffffffff169061135d57505f906010871161132a5789959493929189915f5b8981106112705750610fb289866128f9565b978897826bffffffffffffffffffffffff85169a8b958615159e7f03a09be1a6c13b1acf0b4e887df1188a9ef5dc040dcbfffeb85e42ce32e338929f9b6111229a6111129a60849a61124b9f9960606110b09a61105561ffff9b61103361110c9f6105639c81611256575b6bffffffffffffffffffffffff86511691612605565b67ffffffffffffffff61104c610bc9606442940161255b565b16421115612692565b019789895116926040519360208501957fbb158486a89afdcc9ce8601664f24e221a2a143b109350d80d04396050a3c5d6875260408601526060850152608084015260a083015260c082015260c0815261055a60e08261251a565b8c5f52600260205260405f20907fff0000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7effff000000000000000000000000000000000000000000000000000000000083549260e81b169116179055565b0161255b565b67ffffffffffffffff4216612670565b6040519361112f856124fe565b8452876111ec67ffffffffffffffff60208701938885526bffffffffffffffffffffffff8060018460408c0194169a8b855260608101975f89525f52600360205260405f209051815501965116167fffffffffffffffffffffffffffffffffffffffff000000000000000000000000865416178555511683907fffffffffffffffffffffffff0000000000000000ffffffffffffffffffffffff73ffffffffffffffff00000000000000000000000083549260601b169116179055565b5115157fffffffffffffffffffffff00ffffffffffffffffffffffffffffffffffffffff74ff000000000000000000000000000000000000000083549260a01b16911617905560405194859485526060602086015260608501916126c5565b9060408301520390a3005b85516bffffffffffffffffffffffff16891115915061101d565b939495969750915073ffffffffffffffffffffffffffffffffffffffff6112a061129b858b896125a7565b612431565b168015159081611352575b501561132a576bffffffffffffffffffffffff806112d560206112cf878d8b6125a7565b0161249c565b169116016bffffffffffffffffffffffff81116112fd578a96959493928a9290600101610fa0565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b7f326fd31d000000000000000000000000000000000000000000000000000000005f5260045ffd5b90503014158c6112ab565b7f606f65e1000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57602061086e612f85565b346102fd5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760043567ffffffffffffffff81116102fd576101007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8260040192360301126102fd5761143a61230d565b60443567ffffffffffffffff81116102fd5761145a903690600401612341565b9290611465826129b7565b9290916114728484612a82565b906bffffffffffffffffffffffff86169182151580611540575b156115115750610366966114fa91606087019361ffff855116906040519060208201927fcad31de7ed5f6b7f1016beaa927905691369aebf95778d696a12e711f4469623845289604084015260608301526080820152608081526114f160a08261251a565b51902085612b88565b61ffff611509818351166125f1565b169052612d66565b827f50da5b78000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b508083111561148c565b346102fd5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760043567ffffffffffffffff81116102fd576101007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc82360301126102fd5760243567ffffffffffffffff81116102fd576115d89036906004016122dc565b90916115e6816004016129b7565b929093845f52600360205260405f2093604051611602816124fe565b6001865496878352015460208201966bffffffffffffffffffffffff8216885260ff604084019267ffffffffffffffff8160601c16845260a01c1615156060840152156106005767ffffffffffffffff905116804210611942575061166784846128f9565b90510361132a57855f5260036020525f60016040822082815501556bffffffffffffffffffffffff61169f818751168284511661257d565b168152608060208201916bffffffffffffffffffffffff8351166bffffffffffffffffffffffff885116908181115f1461192a576bffffffffffffffffffffffff916116ea9161257d565b9695965b168352875f52600260205260405f20926bffffffffffffffffffffffff80835116167fffffffffffffffffffffffffffffffffffffffff0000000000000000000000008554161784555183547fffffff0000000000000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff0000000000000000000000007cffffffffff000000000000000000000000000000000000000000000000604086015160c01b169360601b1691161717835561180361ffff60608301511684907fff0000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7effff000000000000000000000000000000000000000000000000000000000083549260e81b169116179055565b015115157effffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7fff0000000000000000000000000000000000000000000000000000000000000083549260f81b16911617905560245f9201915b83811061189f57857f30dfa8be9c36b2488e08fc49f408c81cbb98d99351e6cadaf95b85f30e78791560206bffffffffffffffffffffffff885116604051908152a2005b806bffffffffffffffffffffffff6118bf60206112cf60019589886125a7565b1673ffffffffffffffffffffffffffffffffffffffff6118de86612431565b165f52600460205260405f2073ffffffffffffffffffffffffffffffffffffffff61190d61129b858a896125a7565b165f5260205261192260405f209182546125e4565b90550161185b565b50506bffffffffffffffffffffffff5f9695966116ee565b7fb317256b000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b346102fd5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd576004355f526003602052608060405f2060ff600182549201546040519283526bffffffffffffffffffffffff8116602084015267ffffffffffffffff8160601c16604084015260a01c1615156060820152f35b346102fd576119fd36612233565b611a1f3373ffffffffffffffffffffffffffffffffffffffff6106cb84612431565b60c08101611a2d8183612945565b91905073ffffffffffffffffffffffffffffffffffffffff611a4e84612431565b1615158061213e575b8061211c575b80612113575b80612108575b806120f1575b806120d9575b806120b8575b80612096575b80612077575b8061204a575b15611fe7575f805b838210611f8f5784611aa681612732565b805f52600260205260405f205460f81c611f67576040820191611ac88361249c565b6bffffffffffffffffffffffff60405191611ae2836124b5565b168152602081015f8152611c0f61ffff604084015f815260608501905f8252608086019460018652885f5260026020526bffffffffffffffffffffffff8060405f20985116167fffffffffffffffffffffffffffffffffffffffff00000000000000000000000088541617875551907fffffff0000000000000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff0000000000000000000000007cffffffffff0000000000000000000000000000000000000000000000008954935160c01b169360601b16911617178555511683907fff0000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7effff000000000000000000000000000000000000000000000000000000000083549260e81b169116179055565b5181547effffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1690151560f81b7fff00000000000000000000000000000000000000000000000000000000000000161790556024611c6982612431565b6020830190611c7782612431565b857f9c46dd03d783850e02b90c047546a4c280a6685e86ab93bbfac7221c53b51d62604073ffffffffffffffffffffffffffffffffffffffff80611cba8c61249c565b9567ffffffffffffffff611cd060608d0161255b565b6bffffffffffffffffffffffff86519916895216602088015216951693a4602073ffffffffffffffffffffffffffffffffffffffff611d0e83612431565b16604051938480927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa918215611f09575f92611f33575b50611d7873ffffffffffffffffffffffffffffffffffffffff611d7183612431565b1693612431565b926bffffffffffffffffffffffff611d8f8761249c565b1673ffffffffffffffffffffffffffffffffffffffff604051957f23b872dd000000000000000000000000000000000000000000000000000000005f52166004523060245260445260205f60648180855af160015f5114811615611f14575b846040525f6060521561028a57508260248173ffffffffffffffffffffffffffffffffffffffff611e20602095612431565b167f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa8015611f09575f90611ed5575b611e639250612570565b91611e866bffffffffffffffffffffffff611e7d8361249c565b1684149161249c565b9015611e9757602082604051908152f35b6bffffffffffffffffffffffff91507fed554234000000000000000000000000000000000000000000000000000000005f521660045260245260445ffd5b506020823d602011611f01575b81611eef6020938361251a565b810103126102fd57611e639151611e59565b3d9150611ee2565b6040513d5f823e3d90fd5b6001811516611f2a57813b15153d151616611dee565b843d5f823e3d90fd5b9091506020813d602011611f5f575b81611f4f6020938361251a565b810103126102fd57519085611d4f565b3d9150611f42565b7f5f0ccd7c000000000000000000000000000000000000000000000000000000005f5260045ffd5b73ffffffffffffffffffffffffffffffffffffffff80611fbc61129b85611fb6888b612945565b906129a7565b92169116118061200f575b15611fe7576001611fdf61129b83611fb68689612945565b910190611a95565b7f8dc59921000000000000000000000000000000000000000000000000000000005f5260045ffd5b5061202161129b82611fb68588612945565b73ffffffffffffffffffffffffffffffffffffffff8061204087612431565b1691161415611fc7565b506120576060840161255b565b6312d932004201908142116112fd5767ffffffffffffffff161115611a8d565b506120846060840161255b565b67ffffffffffffffff42911611611a87565b5062278d0067ffffffffffffffff6120b06080860161255b565b161115611a81565b50610e1067ffffffffffffffff6120d16080860161255b565b161015611a7b565b508160ff6120e960a08601612999565b161115611a75565b5060ff61210060a08501612999565b161515611a6f565b506010821115611a69565b50811515611a63565b506bffffffffffffffffffffffff6121366040850161249c565b161515611a5d565b5073ffffffffffffffffffffffffffffffffffffffff61216060208501612431565b161515611a57565b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd5760206040516276a7008152f35b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd576020604051610e108152f35b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57807fcad31de7ed5f6b7f1016beaa927905691369aebf95778d696a12e711f446962360209252f35b60207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8201126102fd576004359067ffffffffffffffff82116102fd577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc82610100920301126102fd5760040190565b346102fd575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102fd57602060405160108152f35b9181601f840112156102fd5782359167ffffffffffffffff83116102fd576020808501948460061b0101116102fd57565b602435906bffffffffffffffffffffffff821682036102fd57565b35906bffffffffffffffffffffffff821682036102fd57565b9181601f840112156102fd5782359167ffffffffffffffff83116102fd576020808501948460051b0101116102fd57565b6004359073ffffffffffffffffffffffffffffffffffffffff821682036102fd57565b6024359073ffffffffffffffffffffffffffffffffffffffff821682036102fd57565b359073ffffffffffffffffffffffffffffffffffffffff821682036102fd57565b907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602080948051918291828752018686015e5f8582860101520116010190565b359067ffffffffffffffff821682036102fd57565b3573ffffffffffffffffffffffffffffffffffffffff811681036102fd5790565b1561245a5750565b73ffffffffffffffffffffffffffffffffffffffff907f666cbdeb000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b356bffffffffffffffffffffffff811681036102fd5790565b60a0810190811067ffffffffffffffff8211176124d157604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b6080810190811067ffffffffffffffff8211176124d157604052565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff8211176124d157604052565b3567ffffffffffffffff811681036102fd5790565b919082039182116112fd57565b906bffffffffffffffffffffffff809116911603906bffffffffffffffffffffffff82116112fd57565b91908110156125b75760061b0190565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b919082018092116112fd57565b61ffff60019116019061ffff82116112fd57565b1561260e575050565b906bffffffffffffffffffffffff80927f50da5b78000000000000000000000000000000000000000000000000000000005f52166004521660245260445ffd5b67ffffffffffffffff6276a7009116019067ffffffffffffffff82116112fd57565b9067ffffffffffffffff8091169116019067ffffffffffffffff82116112fd57565b1561269a5750565b7f0517a07b000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b916020908281520191905f5b8181106126de5750505090565b90919260408060019273ffffffffffffffffffffffffffffffffffffffff612705886123b8565b1681526bffffffffffffffffffffffff61272160208901612328565b1660208201520194019291016126d1565b604051602081019146835230604083015260608083015261018082019073ffffffffffffffffffffffffffffffffffffffff61276d826123b8565b16608084015273ffffffffffffffffffffffffffffffffffffffff612794602083016123b8565b1660a08401526bffffffffffffffffffffffff6127b360408301612328565b1660c084015267ffffffffffffffff6127ce6060830161241c565b1660e084015267ffffffffffffffff6127e96080830161241c565b1661010084015260a081013560ff81168091036102fd5761012084015260c08101357fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1823603018112156102fd5781016020813591019267ffffffffffffffff82116102fd578160051b360384136102fd57908085939492610100610140860152526101a0830191905f5b8181106128be5750505060e06128b8930135610160830152037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0810183528261251a565b51902090565b919493509160208060019273ffffffffffffffffffffffffffffffffffffffff6128e7896123b8565b16815201950191019185939492612874565b6128b86129199160405192839160208301956020875260408401916126c5565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0810183528261251a565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156102fd570180359067ffffffffffffffff82116102fd57602001918160051b360383136102fd57565b3560ff811681036102fd5790565b91908110156125b75760051b0190565b6129e6905f60806040516129ca816124b5565b8281528260208201528260408201528260608201520152612732565b90815f52600260205260405f209060405191612a01836124b5565b546bffffffffffffffffffffffff811683526bffffffffffffffffffffffff8160601c16602084015264ffffffffff8160c01c16604084015261ffff8160e81c16606084015260f81c15918215608082015291612a5a57565b7f1834e265000000000000000000000000000000000000000000000000000000005f5260045ffd5b612aeb9164ffffffffff60408201511642105f14612b02576bffffffffffffffffffffffff806020830151165b16915f5260036020526bffffffffffffffffffffffff600160405f20015416828111612aee575b50516bffffffffffffffffffffffff16612570565b90565b91506bffffffffffffffffffffffff612ad6565b6bffffffffffffffffffffffff5f612aaf565b91908110156125b75760051b810135907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc1813603018212156102fd570190565b15612b5d5750565b7f6bc2a8c7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b92919060a08401612ba660ff612b9d83612999565b16851491612999565b9015612d335750604290612bb8612f85565b90604051917f1901000000000000000000000000000000000000000000000000000000000000835260028301526022820152205f925f60c08601945b828210612c045750505050505050565b60ff612c19612c14848689612b15565b612999565b16908110158181612d19575b612c2e91612b55565b612c3f61129b82611fb6898b612945565b612c4a838588612b15565b6020810135907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156102fd570190813567ffffffffffffffff81116102fd57602083019281360384136102fd5760405190612cd3601f84017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0166020018361251a565b82825260208336920101116102fd578785935f602085612cfe96612d039983880137850101526130a8565b612b55565b600181018091116112fd57600190910190612bf4565b612c2e9150612d28888a612945565b905081109150612c25565b60ff90847fa2412fac000000000000000000000000000000000000000000000000000000005f526004521660245260445ffd5b6bffffffffffffffffffffffff602092947f22f206afbb58bbf5e729b2561506cabe613d001ea92899e227b3c2891cbcddc994608083612da9848285511661257d565b169182815286810192808685511611612f7d575b50885f526002875260405f20928580835116167fffffffffffffffffffffffffffffffffffffffff0000000000000000000000008554161784555183547fffffff0000000000000000000000000000000000ffffffffffffffffffffffff77ffffffffffffffffffffffff0000000000000000000000007cffffffffff000000000000000000000000000000000000000000000000604086015160c01b169360601b16911617178355612ec361ffff60608301511684907fff0000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7effff000000000000000000000000000000000000000000000000000000000083549260e81b169116179055565b015181547effffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1690151560f81b7fff0000000000000000000000000000000000000000000000000000000000000016179055169073ffffffffffffffffffffffffffffffffffffffff612f35848301612431565b165f526004835273ffffffffffffffffffffffffffffffffffffffff612f5e60405f2092612431565b165f52825260405f20612f728282546125e4565b9055604051908152a2565b83525f612dbd565b73ffffffffffffffffffffffffffffffffffffffff7f00000000000000000000000000000000000000000000000000000000000000001630148061307f575b15612fed577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a081526128b860c08261251a565b507f00000000000000000000000000000000000000000000000000000000000000004614612fc4565b9190823b61311d57906130ba91613218565b5060048110156130f0571591826130d057505090565b73ffffffffffffffffffffffffffffffffffffffff919250811691161490565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52602160045260245ffd5b9160209260647fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f855f965190604051957f1626ba7e00000000000000000000000000000000000000000000000000000000875260048701526040602487015288820190604487015e86848287010152011601915afa7f1626ba7e000000000000000000000000000000000000000000000000000000005f5114601f3d11161690565b60ff811690601f82116131f057604051916131dd60408461251a565b6020808452838101919036833783525290565b7fb3512b0c000000000000000000000000000000000000000000000000000000005f5260045ffd5b8151919060418303613248576132419250602082015190606060408401519301515f1a90613252565b9192909190565b50505f9160029190565b91907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a084116132d6579160209360809260ff5f9560405194855216868401526040830152606082015282805260015afa15611f09575f5173ffffffffffffffffffffffffffffffffffffffff8116156132cc57905f905f90565b505f906001905f90565b5050505f916003919056",
}

// ChioBondVault is an auto generated Go binding around an Ethereum contract.
type ChioBondVault struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *ChioBondVault) GetABI() abi.ABI {
	return c.abi
}

// NewChioBondVault creates a new instance of ChioBondVault.
func NewChioBondVault() *ChioBondVault {
	parsed, err := ChioBondVaultMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &ChioBondVault{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *ChioBondVault) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackDOMAINSEPARATOR is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3644e515.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (chioBondVault *ChioBondVault) PackDOMAINSEPARATOR() []byte {
	enc, err := chioBondVault.abi.Pack("DOMAIN_SEPARATOR")
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
func (chioBondVault *ChioBondVault) TryPackDOMAINSEPARATOR() ([]byte, error) {
	return chioBondVault.abi.Pack("DOMAIN_SEPARATOR")
}

// UnpackDOMAINSEPARATOR is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3644e515.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackDOMAINSEPARATOR(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("DOMAIN_SEPARATOR", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackHOLDTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7bac00e1.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function HOLD_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) PackHOLDTYPEHASH() []byte {
	enc, err := chioBondVault.abi.Pack("HOLD_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackHOLDTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7bac00e1.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function HOLD_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) TryPackHOLDTYPEHASH() ([]byte, error) {
	return chioBondVault.abi.Pack("HOLD_TYPEHASH")
}

// UnpackHOLDTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7bac00e1.
//
// Solidity: function HOLD_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackHOLDTYPEHASH(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("HOLD_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackMAXAPPEALSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4da5a1e3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MAX_APPEAL_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) PackMAXAPPEALSECONDS() []byte {
	enc, err := chioBondVault.abi.Pack("MAX_APPEAL_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMAXAPPEALSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4da5a1e3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MAX_APPEAL_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) TryPackMAXAPPEALSECONDS() ([]byte, error) {
	return chioBondVault.abi.Pack("MAX_APPEAL_SECONDS")
}

// UnpackMAXAPPEALSECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x4da5a1e3.
//
// Solidity: function MAX_APPEAL_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) UnpackMAXAPPEALSECONDS(data []byte) (uint64, error) {
	out, err := chioBondVault.abi.Unpack("MAX_APPEAL_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMAXARBITERS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2895693d.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MAX_ARBITERS() view returns(uint256)
func (chioBondVault *ChioBondVault) PackMAXARBITERS() []byte {
	enc, err := chioBondVault.abi.Pack("MAX_ARBITERS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMAXARBITERS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2895693d.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MAX_ARBITERS() view returns(uint256)
func (chioBondVault *ChioBondVault) TryPackMAXARBITERS() ([]byte, error) {
	return chioBondVault.abi.Pack("MAX_ARBITERS")
}

// UnpackMAXARBITERS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x2895693d.
//
// Solidity: function MAX_ARBITERS() view returns(uint256)
func (chioBondVault *ChioBondVault) UnpackMAXARBITERS(data []byte) (*big.Int, error) {
	out, err := chioBondVault.abi.Unpack("MAX_ARBITERS", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackMAXHOLDSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x22fafb7f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MAX_HOLD_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) PackMAXHOLDSECONDS() []byte {
	enc, err := chioBondVault.abi.Pack("MAX_HOLD_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMAXHOLDSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x22fafb7f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MAX_HOLD_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) TryPackMAXHOLDSECONDS() ([]byte, error) {
	return chioBondVault.abi.Pack("MAX_HOLD_SECONDS")
}

// UnpackMAXHOLDSECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x22fafb7f.
//
// Solidity: function MAX_HOLD_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) UnpackMAXHOLDSECONDS(data []byte) (uint64, error) {
	out, err := chioBondVault.abi.Unpack("MAX_HOLD_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMAXSHARES is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3e8ff57b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MAX_SHARES() view returns(uint256)
func (chioBondVault *ChioBondVault) PackMAXSHARES() []byte {
	enc, err := chioBondVault.abi.Pack("MAX_SHARES")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMAXSHARES is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3e8ff57b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MAX_SHARES() view returns(uint256)
func (chioBondVault *ChioBondVault) TryPackMAXSHARES() ([]byte, error) {
	return chioBondVault.abi.Pack("MAX_SHARES")
}

// UnpackMAXSHARES is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3e8ff57b.
//
// Solidity: function MAX_SHARES() view returns(uint256)
func (chioBondVault *ChioBondVault) UnpackMAXSHARES(data []byte) (*big.Int, error) {
	out, err := chioBondVault.abi.Unpack("MAX_SHARES", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackMAXTERMSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd4868636.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MAX_TERM_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) PackMAXTERMSECONDS() []byte {
	enc, err := chioBondVault.abi.Pack("MAX_TERM_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMAXTERMSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd4868636.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MAX_TERM_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) TryPackMAXTERMSECONDS() ([]byte, error) {
	return chioBondVault.abi.Pack("MAX_TERM_SECONDS")
}

// UnpackMAXTERMSECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd4868636.
//
// Solidity: function MAX_TERM_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) UnpackMAXTERMSECONDS(data []byte) (uint64, error) {
	out, err := chioBondVault.abi.Unpack("MAX_TERM_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMINAPPEALSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x1fd856b5.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function MIN_APPEAL_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) PackMINAPPEALSECONDS() []byte {
	enc, err := chioBondVault.abi.Pack("MIN_APPEAL_SECONDS")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMINAPPEALSECONDS is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x1fd856b5.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function MIN_APPEAL_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) TryPackMINAPPEALSECONDS() ([]byte, error) {
	return chioBondVault.abi.Pack("MIN_APPEAL_SECONDS")
}

// UnpackMINAPPEALSECONDS is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x1fd856b5.
//
// Solidity: function MIN_APPEAL_SECONDS() view returns(uint64)
func (chioBondVault *ChioBondVault) UnpackMINAPPEALSECONDS(data []byte) (uint64, error) {
	out, err := chioBondVault.abi.Unpack("MIN_APPEAL_SECONDS", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackOVERTURNTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xadae1700.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function OVERTURN_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) PackOVERTURNTYPEHASH() []byte {
	enc, err := chioBondVault.abi.Pack("OVERTURN_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOVERTURNTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xadae1700.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function OVERTURN_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) TryPackOVERTURNTYPEHASH() ([]byte, error) {
	return chioBondVault.abi.Pack("OVERTURN_TYPEHASH")
}

// UnpackOVERTURNTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xadae1700.
//
// Solidity: function OVERTURN_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackOVERTURNTYPEHASH(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("OVERTURN_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackRELEASETYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0902df91.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function RELEASE_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) PackRELEASETYPEHASH() []byte {
	enc, err := chioBondVault.abi.Pack("RELEASE_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRELEASETYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0902df91.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function RELEASE_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) TryPackRELEASETYPEHASH() ([]byte, error) {
	return chioBondVault.abi.Pack("RELEASE_TYPEHASH")
}

// UnpackRELEASETYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0902df91.
//
// Solidity: function RELEASE_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackRELEASETYPEHASH(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("RELEASE_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackSLASHTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c2af2aa.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function SLASH_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) PackSLASHTYPEHASH() []byte {
	enc, err := chioBondVault.abi.Pack("SLASH_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSLASHTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c2af2aa.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function SLASH_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) TryPackSLASHTYPEHASH() ([]byte, error) {
	return chioBondVault.abi.Pack("SLASH_TYPEHASH")
}

// UnpackSLASHTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x5c2af2aa.
//
// Solidity: function SLASH_TYPEHASH() view returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackSLASHTYPEHASH(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("SLASH_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackAppeal is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac3822b9.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function appeal((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns()
func (chioBondVault *ChioBondVault) PackAppeal(t ChioBondVaultTerms) []byte {
	enc, err := chioBondVault.abi.Pack("appeal", t)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAppeal is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac3822b9.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function appeal((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns()
func (chioBondVault *ChioBondVault) TryPackAppeal(t ChioBondVaultTerms) ([]byte, error) {
	return chioBondVault.abi.Pack("appeal", t)
}

// PackBondId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x393083b4.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function bondId((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) view returns(bytes32)
func (chioBondVault *ChioBondVault) PackBondId(t ChioBondVaultTerms) []byte {
	enc, err := chioBondVault.abi.Pack("bondId", t)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBondId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x393083b4.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function bondId((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) view returns(bytes32)
func (chioBondVault *ChioBondVault) TryPackBondId(t ChioBondVaultTerms) ([]byte, error) {
	return chioBondVault.abi.Pack("bondId", t)
}

// UnpackBondId is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x393083b4.
//
// Solidity: function bondId((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) view returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackBondId(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("bondId", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackBonds is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb9ad7ea9.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function bonds(bytes32 id) view returns(uint96 remaining, uint96 held, uint40 heldUntil, uint16 sequence, bool locked)
func (chioBondVault *ChioBondVault) PackBonds(id [32]byte) []byte {
	enc, err := chioBondVault.abi.Pack("bonds", id)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBonds is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb9ad7ea9.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function bonds(bytes32 id) view returns(uint96 remaining, uint96 held, uint40 heldUntil, uint16 sequence, bool locked)
func (chioBondVault *ChioBondVault) TryPackBonds(id [32]byte) ([]byte, error) {
	return chioBondVault.abi.Pack("bonds", id)
}

// BondsOutput serves as a container for the return parameters of contract
// method Bonds.
type BondsOutput struct {
	Remaining *big.Int
	Held      *big.Int
	HeldUntil *big.Int
	Sequence  uint16
	Locked    bool
}

// UnpackBonds is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xb9ad7ea9.
//
// Solidity: function bonds(bytes32 id) view returns(uint96 remaining, uint96 held, uint40 heldUntil, uint16 sequence, bool locked)
func (chioBondVault *ChioBondVault) UnpackBonds(data []byte) (BondsOutput, error) {
	out, err := chioBondVault.abi.Unpack("bonds", data)
	outstruct := new(BondsOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Remaining = abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	outstruct.Held = abi.ConvertType(out[1], new(big.Int)).(*big.Int)
	outstruct.HeldUntil = abi.ConvertType(out[2], new(big.Int)).(*big.Int)
	outstruct.Sequence = *abi.ConvertType(out[3], new(uint16)).(*uint16)
	outstruct.Locked = *abi.ConvertType(out[4], new(bool)).(*bool)
	return *outstruct, nil
}

// PackCredits is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x637cd7f0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function credits(address token, address account) view returns(uint256 amount)
func (chioBondVault *ChioBondVault) PackCredits(token common.Address, account common.Address) []byte {
	enc, err := chioBondVault.abi.Pack("credits", token, account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCredits is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x637cd7f0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function credits(address token, address account) view returns(uint256 amount)
func (chioBondVault *ChioBondVault) TryPackCredits(token common.Address, account common.Address) ([]byte, error) {
	return chioBondVault.abi.Pack("credits", token, account)
}

// UnpackCredits is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x637cd7f0.
//
// Solidity: function credits(address token, address account) view returns(uint256 amount)
func (chioBondVault *ChioBondVault) UnpackCredits(data []byte) (*big.Int, error) {
	out, err := chioBondVault.abi.Unpack("credits", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackDistributionHash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x89c59a81.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function distributionHash((address,uint96)[] shares) pure returns(bytes32)
func (chioBondVault *ChioBondVault) PackDistributionHash(shares []ChioBondVaultShare) []byte {
	enc, err := chioBondVault.abi.Pack("distributionHash", shares)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDistributionHash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x89c59a81.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function distributionHash((address,uint96)[] shares) pure returns(bytes32)
func (chioBondVault *ChioBondVault) TryPackDistributionHash(shares []ChioBondVaultShare) ([]byte, error) {
	return chioBondVault.abi.Pack("distributionHash", shares)
}

// UnpackDistributionHash is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x89c59a81.
//
// Solidity: function distributionHash((address,uint96)[] shares) pure returns(bytes32)
func (chioBondVault *ChioBondVault) UnpackDistributionHash(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("distributionHash", data)
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
func (chioBondVault *ChioBondVault) PackEip712Domain() []byte {
	enc, err := chioBondVault.abi.Pack("eip712Domain")
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
func (chioBondVault *ChioBondVault) TryPackEip712Domain() ([]byte, error) {
	return chioBondVault.abi.Pack("eip712Domain")
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
func (chioBondVault *ChioBondVault) UnpackEip712Domain(data []byte) (Eip712DomainOutput, error) {
	out, err := chioBondVault.abi.Unpack("eip712Domain", data)
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

// PackFinalizeSlash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x33fef028.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function finalizeSlash((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, (address,uint96)[] shares) returns()
func (chioBondVault *ChioBondVault) PackFinalizeSlash(t ChioBondVaultTerms, shares []ChioBondVaultShare) []byte {
	enc, err := chioBondVault.abi.Pack("finalizeSlash", t, shares)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackFinalizeSlash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x33fef028.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function finalizeSlash((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, (address,uint96)[] shares) returns()
func (chioBondVault *ChioBondVault) TryPackFinalizeSlash(t ChioBondVaultTerms, shares []ChioBondVaultShare) ([]byte, error) {
	return chioBondVault.abi.Pack("finalizeSlash", t, shares)
}

// PackHold is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x85eea935.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function hold((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, uint96 amount, uint64 until, bytes32 evidence, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) PackHold(t ChioBondVaultTerms, amount *big.Int, until uint64, evidence [32]byte, approvals []ChioBondVaultApproval) []byte {
	enc, err := chioBondVault.abi.Pack("hold", t, amount, until, evidence, approvals)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackHold is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x85eea935.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function hold((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, uint96 amount, uint64 until, bytes32 evidence, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) TryPackHold(t ChioBondVaultTerms, amount *big.Int, until uint64, evidence [32]byte, approvals []ChioBondVaultApproval) ([]byte, error) {
	return chioBondVault.abi.Pack("hold", t, amount, until, evidence, approvals)
}

// PackLock is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23d6c93b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function lock((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns(bytes32 id)
func (chioBondVault *ChioBondVault) PackLock(t ChioBondVaultTerms) []byte {
	enc, err := chioBondVault.abi.Pack("lock", t)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackLock is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23d6c93b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function lock((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns(bytes32 id)
func (chioBondVault *ChioBondVault) TryPackLock(t ChioBondVaultTerms) ([]byte, error) {
	return chioBondVault.abi.Pack("lock", t)
}

// UnpackLock is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x23d6c93b.
//
// Solidity: function lock((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns(bytes32 id)
func (chioBondVault *ChioBondVault) UnpackLock(data []byte) ([32]byte, error) {
	out, err := chioBondVault.abi.Unpack("lock", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackOverturn is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb7c4628f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function overturn((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, bytes32 evidence, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) PackOverturn(t ChioBondVaultTerms, evidence [32]byte, approvals []ChioBondVaultApproval) []byte {
	enc, err := chioBondVault.abi.Pack("overturn", t, evidence, approvals)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOverturn is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb7c4628f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function overturn((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, bytes32 evidence, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) TryPackOverturn(t ChioBondVaultTerms, evidence [32]byte, approvals []ChioBondVaultApproval) ([]byte, error) {
	return chioBondVault.abi.Pack("overturn", t, evidence, approvals)
}

// PackProposals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x32ed5b12.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function proposals(bytes32 id) view returns(bytes32 distribution, uint96 amount, uint64 readyAt, bool appealed)
func (chioBondVault *ChioBondVault) PackProposals(id [32]byte) []byte {
	enc, err := chioBondVault.abi.Pack("proposals", id)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackProposals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x32ed5b12.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function proposals(bytes32 id) view returns(bytes32 distribution, uint96 amount, uint64 readyAt, bool appealed)
func (chioBondVault *ChioBondVault) TryPackProposals(id [32]byte) ([]byte, error) {
	return chioBondVault.abi.Pack("proposals", id)
}

// ProposalsOutput serves as a container for the return parameters of contract
// method Proposals.
type ProposalsOutput struct {
	Distribution [32]byte
	Amount       *big.Int
	ReadyAt      uint64
	Appealed     bool
}

// UnpackProposals is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x32ed5b12.
//
// Solidity: function proposals(bytes32 id) view returns(bytes32 distribution, uint96 amount, uint64 readyAt, bool appealed)
func (chioBondVault *ChioBondVault) UnpackProposals(data []byte) (ProposalsOutput, error) {
	out, err := chioBondVault.abi.Unpack("proposals", data)
	outstruct := new(ProposalsOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Distribution = *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	outstruct.Amount = abi.ConvertType(out[1], new(big.Int)).(*big.Int)
	outstruct.ReadyAt = *abi.ConvertType(out[2], new(uint64)).(*uint64)
	outstruct.Appealed = *abi.ConvertType(out[3], new(bool)).(*bool)
	return *outstruct, nil
}

// PackProposeSlash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x36ee0fa8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function proposeSlash((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, (address,uint96)[] shares, bytes32 evidence, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) PackProposeSlash(t ChioBondVaultTerms, shares []ChioBondVaultShare, evidence [32]byte, approvals []ChioBondVaultApproval) []byte {
	enc, err := chioBondVault.abi.Pack("proposeSlash", t, shares, evidence, approvals)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackProposeSlash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x36ee0fa8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function proposeSlash((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, (address,uint96)[] shares, bytes32 evidence, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) TryPackProposeSlash(t ChioBondVaultTerms, shares []ChioBondVaultShare, evidence [32]byte, approvals []ChioBondVaultApproval) ([]byte, error) {
	return chioBondVault.abi.Pack("proposeSlash", t, shares, evidence, approvals)
}

// PackRelease is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf514be80.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function release((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns()
func (chioBondVault *ChioBondVault) PackRelease(t ChioBondVaultTerms) []byte {
	enc, err := chioBondVault.abi.Pack("release", t)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRelease is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf514be80.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function release((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t) returns()
func (chioBondVault *ChioBondVault) TryPackRelease(t ChioBondVaultTerms) ([]byte, error) {
	return chioBondVault.abi.Pack("release", t)
}

// PackReleaseEarly is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x34225f34.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function releaseEarly((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, uint96 amount, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) PackReleaseEarly(t ChioBondVaultTerms, amount *big.Int, approvals []ChioBondVaultApproval) []byte {
	enc, err := chioBondVault.abi.Pack("releaseEarly", t, amount, approvals)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackReleaseEarly is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x34225f34.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function releaseEarly((address,address,uint96,uint64,uint64,uint8,address[],bytes32) t, uint96 amount, (uint8,bytes)[] approvals) returns()
func (chioBondVault *ChioBondVault) TryPackReleaseEarly(t ChioBondVaultTerms, amount *big.Int, approvals []ChioBondVaultApproval) ([]byte, error) {
	return chioBondVault.abi.Pack("releaseEarly", t, amount, approvals)
}

// PackWithdraw is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf940e385.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function withdraw(address token, address to) returns()
func (chioBondVault *ChioBondVault) PackWithdraw(token common.Address, to common.Address) []byte {
	enc, err := chioBondVault.abi.Pack("withdraw", token, to)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackWithdraw is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf940e385.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function withdraw(address token, address to) returns()
func (chioBondVault *ChioBondVault) TryPackWithdraw(token common.Address, to common.Address) ([]byte, error) {
	return chioBondVault.abi.Pack("withdraw", token, to)
}

// ChioBondVaultAppealed represents a Appealed event raised by the ChioBondVault contract.
type ChioBondVaultAppealed struct {
	Id      [32]byte
	ReadyAt *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultAppealedEventName = "Appealed"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultAppealed) ContractEventName() string {
	return ChioBondVaultAppealedEventName
}

// UnpackAppealedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Appealed(bytes32 indexed id, uint256 readyAt)
func (chioBondVault *ChioBondVault) UnpackAppealedEvent(log *types.Log) (*ChioBondVaultAppealed, error) {
	event := "Appealed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultAppealed)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultEIP712DomainChanged represents a EIP712DomainChanged event raised by the ChioBondVault contract.
type ChioBondVaultEIP712DomainChanged struct {
	Raw *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultEIP712DomainChangedEventName = "EIP712DomainChanged"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultEIP712DomainChanged) ContractEventName() string {
	return ChioBondVaultEIP712DomainChangedEventName
}

// UnpackEIP712DomainChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event EIP712DomainChanged()
func (chioBondVault *ChioBondVault) UnpackEIP712DomainChangedEvent(log *types.Log) (*ChioBondVaultEIP712DomainChanged, error) {
	event := "EIP712DomainChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultEIP712DomainChanged)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultHeld represents a Held event raised by the ChioBondVault contract.
type ChioBondVaultHeld struct {
	Id       [32]byte
	Evidence [32]byte
	Amount   *big.Int
	Until    *big.Int
	Raw      *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultHeldEventName = "Held"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultHeld) ContractEventName() string {
	return ChioBondVaultHeldEventName
}

// UnpackHeldEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Held(bytes32 indexed id, bytes32 indexed evidence, uint256 amount, uint256 until)
func (chioBondVault *ChioBondVault) UnpackHeldEvent(log *types.Log) (*ChioBondVaultHeld, error) {
	event := "Held"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultHeld)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultLocked represents a Locked event raised by the ChioBondVault contract.
type ChioBondVaultLocked struct {
	Id        [32]byte
	Principal common.Address
	Token     common.Address
	Amount    *big.Int
	ExpiresAt *big.Int
	Raw       *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultLockedEventName = "Locked"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultLocked) ContractEventName() string {
	return ChioBondVaultLockedEventName
}

// UnpackLockedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Locked(bytes32 indexed id, address indexed principal, address indexed token, uint256 amount, uint256 expiresAt)
func (chioBondVault *ChioBondVault) UnpackLockedEvent(log *types.Log) (*ChioBondVaultLocked, error) {
	event := "Locked"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultLocked)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultOverturned represents a Overturned event raised by the ChioBondVault contract.
type ChioBondVaultOverturned struct {
	Id       [32]byte
	Evidence [32]byte
	Raw      *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultOverturnedEventName = "Overturned"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultOverturned) ContractEventName() string {
	return ChioBondVaultOverturnedEventName
}

// UnpackOverturnedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Overturned(bytes32 indexed id, bytes32 indexed evidence)
func (chioBondVault *ChioBondVault) UnpackOverturnedEvent(log *types.Log) (*ChioBondVaultOverturned, error) {
	event := "Overturned"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultOverturned)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultReleased represents a Released event raised by the ChioBondVault contract.
type ChioBondVaultReleased struct {
	Id     [32]byte
	Amount *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultReleasedEventName = "Released"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultReleased) ContractEventName() string {
	return ChioBondVaultReleasedEventName
}

// UnpackReleasedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Released(bytes32 indexed id, uint256 amount)
func (chioBondVault *ChioBondVault) UnpackReleasedEvent(log *types.Log) (*ChioBondVaultReleased, error) {
	event := "Released"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultReleased)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultSlashProposed represents a SlashProposed event raised by the ChioBondVault contract.
type ChioBondVaultSlashProposed struct {
	Id       [32]byte
	Evidence [32]byte
	Amount   *big.Int
	Shares   []ChioBondVaultShare
	ReadyAt  *big.Int
	Raw      *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultSlashProposedEventName = "SlashProposed"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultSlashProposed) ContractEventName() string {
	return ChioBondVaultSlashProposedEventName
}

// UnpackSlashProposedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event SlashProposed(bytes32 indexed id, bytes32 indexed evidence, uint256 amount, (address,uint96)[] shares, uint256 readyAt)
func (chioBondVault *ChioBondVault) UnpackSlashProposedEvent(log *types.Log) (*ChioBondVaultSlashProposed, error) {
	event := "SlashProposed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultSlashProposed)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultSlashed represents a Slashed event raised by the ChioBondVault contract.
type ChioBondVaultSlashed struct {
	Id     [32]byte
	Amount *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultSlashedEventName = "Slashed"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultSlashed) ContractEventName() string {
	return ChioBondVaultSlashedEventName
}

// UnpackSlashedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Slashed(bytes32 indexed id, uint256 amount)
func (chioBondVault *ChioBondVault) UnpackSlashedEvent(log *types.Log) (*ChioBondVaultSlashed, error) {
	event := "Slashed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultSlashed)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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

// ChioBondVaultWithdrawn represents a Withdrawn event raised by the ChioBondVault contract.
type ChioBondVaultWithdrawn struct {
	Token   common.Address
	Account common.Address
	To      common.Address
	Amount  *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const ChioBondVaultWithdrawnEventName = "Withdrawn"

// ContractEventName returns the user-defined event name.
func (ChioBondVaultWithdrawn) ContractEventName() string {
	return ChioBondVaultWithdrawnEventName
}

// UnpackWithdrawnEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Withdrawn(address indexed token, address indexed account, address to, uint256 amount)
func (chioBondVault *ChioBondVault) UnpackWithdrawnEvent(log *types.Log) (*ChioBondVaultWithdrawn, error) {
	event := "Withdrawn"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != chioBondVault.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(ChioBondVaultWithdrawn)
	if len(log.Data) > 0 {
		if err := chioBondVault.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range chioBondVault.abi.Events[event].Inputs {
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
func (chioBondVault *ChioBondVault) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["AlreadyLocked"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackAlreadyLockedError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["BadAmount"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackBadAmountError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["BadArbiter"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackBadArbiterError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["BadDistribution"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackBadDistributionError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["BadTerms"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackBadTermsError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["BadTime"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackBadTimeError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["DepositMismatch"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackDepositMismatchError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["InvalidShortString"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackInvalidShortStringError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["NotEnoughArbiters"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackNotEnoughArbitersError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["NotLocked"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackNotLockedError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["NotPrincipal"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackNotPrincipalError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["NothingDue"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackNothingDueError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["NothingProposed"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackNothingProposedError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["SafeERC20FailedOperation"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackSafeERC20FailedOperationError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["SlashUnderWay"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackSlashUnderWayError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["StringTooLong"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackStringTooLongError(raw[4:])
	}
	if bytes.Equal(raw[:4], chioBondVault.abi.Errors["WindowOpen"].ID.Bytes()[:4]) {
		return chioBondVault.UnpackWindowOpenError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// ChioBondVaultAlreadyLocked represents a AlreadyLocked error raised by the ChioBondVault contract.
type ChioBondVaultAlreadyLocked struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AlreadyLocked()
func ChioBondVaultAlreadyLockedErrorID() common.Hash {
	return common.HexToHash("0x5f0ccd7c795f74bb3ed96228d6dea208c9a0d58723ce92ab45aa44488624160f")
}

// UnpackAlreadyLockedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AlreadyLocked()
func (chioBondVault *ChioBondVault) UnpackAlreadyLockedError(raw []byte) (*ChioBondVaultAlreadyLocked, error) {
	out := new(ChioBondVaultAlreadyLocked)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "AlreadyLocked", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultBadAmount represents a BadAmount error raised by the ChioBondVault contract.
type ChioBondVaultBadAmount struct {
	Amount    *big.Int
	Available *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadAmount(uint256 amount, uint256 available)
func ChioBondVaultBadAmountErrorID() common.Hash {
	return common.HexToHash("0x50da5b78ec4c5f5ed3fa88cab69ed9418c41282d9e35bc572b4809ae8c0317ac")
}

// UnpackBadAmountError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadAmount(uint256 amount, uint256 available)
func (chioBondVault *ChioBondVault) UnpackBadAmountError(raw []byte) (*ChioBondVaultBadAmount, error) {
	out := new(ChioBondVaultBadAmount)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "BadAmount", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultBadArbiter represents a BadArbiter error raised by the ChioBondVault contract.
type ChioBondVaultBadArbiter struct {
	Arbiter *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadArbiter(uint256 arbiter)
func ChioBondVaultBadArbiterErrorID() common.Hash {
	return common.HexToHash("0x6bc2a8c76c99295a3967fbbfee78622683a76eb707557e8eccfdc51a8b85c7ba")
}

// UnpackBadArbiterError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadArbiter(uint256 arbiter)
func (chioBondVault *ChioBondVault) UnpackBadArbiterError(raw []byte) (*ChioBondVaultBadArbiter, error) {
	out := new(ChioBondVaultBadArbiter)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "BadArbiter", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultBadDistribution represents a BadDistribution error raised by the ChioBondVault contract.
type ChioBondVaultBadDistribution struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadDistribution()
func ChioBondVaultBadDistributionErrorID() common.Hash {
	return common.HexToHash("0x326fd31ddd56de70a8aacfc08f1d5ee7f327061fc8d89bbe206c3f40cae00b62")
}

// UnpackBadDistributionError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadDistribution()
func (chioBondVault *ChioBondVault) UnpackBadDistributionError(raw []byte) (*ChioBondVaultBadDistribution, error) {
	out := new(ChioBondVaultBadDistribution)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "BadDistribution", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultBadTerms represents a BadTerms error raised by the ChioBondVault contract.
type ChioBondVaultBadTerms struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadTerms()
func ChioBondVaultBadTermsErrorID() common.Hash {
	return common.HexToHash("0x8dc599212cab654299a2bf31d0baab479b0ef032e5276a7206a05bbb2910ec06")
}

// UnpackBadTermsError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadTerms()
func (chioBondVault *ChioBondVault) UnpackBadTermsError(raw []byte) (*ChioBondVaultBadTerms, error) {
	out := new(ChioBondVaultBadTerms)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "BadTerms", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultBadTime represents a BadTime error raised by the ChioBondVault contract.
type ChioBondVaultBadTime struct {
	Time *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadTime(uint256 time)
func ChioBondVaultBadTimeErrorID() common.Hash {
	return common.HexToHash("0x0517a07b0b77ca71a2c18c7786227f71524cfc0e5fee20ad6d31d11b36d33958")
}

// UnpackBadTimeError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadTime(uint256 time)
func (chioBondVault *ChioBondVault) UnpackBadTimeError(raw []byte) (*ChioBondVaultBadTime, error) {
	out := new(ChioBondVaultBadTime)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "BadTime", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultDepositMismatch represents a DepositMismatch error raised by the ChioBondVault contract.
type ChioBondVaultDepositMismatch struct {
	Expected *big.Int
	Received *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error DepositMismatch(uint256 expected, uint256 received)
func ChioBondVaultDepositMismatchErrorID() common.Hash {
	return common.HexToHash("0xed5542346b666717b590de50f261485a1dc912c4339380b80e9984400d1412bb")
}

// UnpackDepositMismatchError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error DepositMismatch(uint256 expected, uint256 received)
func (chioBondVault *ChioBondVault) UnpackDepositMismatchError(raw []byte) (*ChioBondVaultDepositMismatch, error) {
	out := new(ChioBondVaultDepositMismatch)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "DepositMismatch", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultInvalidShortString represents a InvalidShortString error raised by the ChioBondVault contract.
type ChioBondVaultInvalidShortString struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidShortString()
func ChioBondVaultInvalidShortStringErrorID() common.Hash {
	return common.HexToHash("0xb3512b0c6163e5f0bafab72bb631b9d58cd7a731b082f910338aa21c83d5c274")
}

// UnpackInvalidShortStringError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidShortString()
func (chioBondVault *ChioBondVault) UnpackInvalidShortStringError(raw []byte) (*ChioBondVaultInvalidShortString, error) {
	out := new(ChioBondVaultInvalidShortString)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "InvalidShortString", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultNotEnoughArbiters represents a NotEnoughArbiters error raised by the ChioBondVault contract.
type ChioBondVaultNotEnoughArbiters struct {
	Given     *big.Int
	Threshold *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotEnoughArbiters(uint256 given, uint256 threshold)
func ChioBondVaultNotEnoughArbitersErrorID() common.Hash {
	return common.HexToHash("0xa2412fac1f88dc44a08a6ddbe13733e940442cac7aa826651a96f07c92fab096")
}

// UnpackNotEnoughArbitersError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotEnoughArbiters(uint256 given, uint256 threshold)
func (chioBondVault *ChioBondVault) UnpackNotEnoughArbitersError(raw []byte) (*ChioBondVaultNotEnoughArbiters, error) {
	out := new(ChioBondVaultNotEnoughArbiters)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "NotEnoughArbiters", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultNotLocked represents a NotLocked error raised by the ChioBondVault contract.
type ChioBondVaultNotLocked struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotLocked()
func ChioBondVaultNotLockedErrorID() common.Hash {
	return common.HexToHash("0x1834e265966bf1dfcaee7a4dfe589763222b5c95d15248d41b37a03ce84dafec")
}

// UnpackNotLockedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotLocked()
func (chioBondVault *ChioBondVault) UnpackNotLockedError(raw []byte) (*ChioBondVaultNotLocked, error) {
	out := new(ChioBondVaultNotLocked)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "NotLocked", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultNotPrincipal represents a NotPrincipal error raised by the ChioBondVault contract.
type ChioBondVaultNotPrincipal struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotPrincipal(address caller)
func ChioBondVaultNotPrincipalErrorID() common.Hash {
	return common.HexToHash("0x666cbdebd7cd9d1c990d041433fb76cd75499108a1365fe72ac3c00ac6d2ed8f")
}

// UnpackNotPrincipalError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotPrincipal(address caller)
func (chioBondVault *ChioBondVault) UnpackNotPrincipalError(raw []byte) (*ChioBondVaultNotPrincipal, error) {
	out := new(ChioBondVaultNotPrincipal)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "NotPrincipal", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultNothingDue represents a NothingDue error raised by the ChioBondVault contract.
type ChioBondVaultNothingDue struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingDue()
func ChioBondVaultNothingDueErrorID() common.Hash {
	return common.HexToHash("0x86fdb19c22b5459ff505772dc0cccf970e16029c15b56aa5534340b6e2ac90f7")
}

// UnpackNothingDueError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingDue()
func (chioBondVault *ChioBondVault) UnpackNothingDueError(raw []byte) (*ChioBondVaultNothingDue, error) {
	out := new(ChioBondVaultNothingDue)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "NothingDue", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultNothingProposed represents a NothingProposed error raised by the ChioBondVault contract.
type ChioBondVaultNothingProposed struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingProposed()
func ChioBondVaultNothingProposedErrorID() common.Hash {
	return common.HexToHash("0xe8d4708f1ce155a4ba1959115e0c9bbe84c6ee56d58a959067d410c653bd4587")
}

// UnpackNothingProposedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingProposed()
func (chioBondVault *ChioBondVault) UnpackNothingProposedError(raw []byte) (*ChioBondVaultNothingProposed, error) {
	out := new(ChioBondVaultNothingProposed)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "NothingProposed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultSafeERC20FailedOperation represents a SafeERC20FailedOperation error raised by the ChioBondVault contract.
type ChioBondVaultSafeERC20FailedOperation struct {
	Token common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SafeERC20FailedOperation(address token)
func ChioBondVaultSafeERC20FailedOperationErrorID() common.Hash {
	return common.HexToHash("0x5274afe73c98b4749fc91ffae6b7b574e7842cb2144a159e9377a5f20b32edf9")
}

// UnpackSafeERC20FailedOperationError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SafeERC20FailedOperation(address token)
func (chioBondVault *ChioBondVault) UnpackSafeERC20FailedOperationError(raw []byte) (*ChioBondVaultSafeERC20FailedOperation, error) {
	out := new(ChioBondVaultSafeERC20FailedOperation)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "SafeERC20FailedOperation", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultSlashUnderWay represents a SlashUnderWay error raised by the ChioBondVault contract.
type ChioBondVaultSlashUnderWay struct {
	ReadyAt *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SlashUnderWay(uint256 readyAt)
func ChioBondVaultSlashUnderWayErrorID() common.Hash {
	return common.HexToHash("0x606f65e1318643b1ca4a613a98cd3ed1a017f112fbe62234f360275a260bea70")
}

// UnpackSlashUnderWayError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SlashUnderWay(uint256 readyAt)
func (chioBondVault *ChioBondVault) UnpackSlashUnderWayError(raw []byte) (*ChioBondVaultSlashUnderWay, error) {
	out := new(ChioBondVaultSlashUnderWay)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "SlashUnderWay", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultStringTooLong represents a StringTooLong error raised by the ChioBondVault contract.
type ChioBondVaultStringTooLong struct {
	Str string
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error StringTooLong(string str)
func ChioBondVaultStringTooLongErrorID() common.Hash {
	return common.HexToHash("0x305a27a93f8e33b7392df0a0f91d6fc63847395853c45991eec52dbf24d72381")
}

// UnpackStringTooLongError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error StringTooLong(string str)
func (chioBondVault *ChioBondVault) UnpackStringTooLongError(raw []byte) (*ChioBondVaultStringTooLong, error) {
	out := new(ChioBondVaultStringTooLong)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "StringTooLong", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// ChioBondVaultWindowOpen represents a WindowOpen error raised by the ChioBondVault contract.
type ChioBondVaultWindowOpen struct {
	ReadyAt *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error WindowOpen(uint256 readyAt)
func ChioBondVaultWindowOpenErrorID() common.Hash {
	return common.HexToHash("0xb317256bb83d3a0e7c565067a7c67553969518b9977a3d2d318c3e3fb33ef1e2")
}

// UnpackWindowOpenError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error WindowOpen(uint256 readyAt)
func (chioBondVault *ChioBondVault) UnpackWindowOpenError(raw []byte) (*ChioBondVaultWindowOpen, error) {
	out := new(ChioBondVaultWindowOpen)
	if err := chioBondVault.abi.UnpackIntoInterface(out, "WindowOpen", raw); err != nil {
		return nil, err
	}
	return out, nil
}
