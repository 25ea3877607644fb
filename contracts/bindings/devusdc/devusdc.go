// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package devusdc

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

// DevUSDCMetaData contains all meta data concerning the DevUSDC contract.
var DevUSDCMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"AccountFrozen\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"AlreadyInitialized\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"}],\"name\":\"AuthorizationExpired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"}],\"name\":\"AuthorizationNotYetValid\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"}],\"name\":\"AuthorizationUsedOrCanceled\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"CallerMustBePayee\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"ECDSAInvalidSignature\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"length\",\"type\":\"uint256\"}],\"name\":\"ECDSAInvalidSignatureLength\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"ECDSAInvalidSignatureS\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"allowed\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"needed\",\"type\":\"uint256\"}],\"name\":\"InsufficientAllowance\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"balance\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"needed\",\"type\":\"uint256\"}],\"name\":\"InsufficientBalance\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"recovered\",\"type\":\"address\"}],\"name\":\"InvalidSigner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotMinter\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"}],\"name\":\"PermitExpired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"requested\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"left\",\"type\":\"uint256\"}],\"name\":\"SupplyCapExceeded\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"TransferToToken\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"TransfersPaused\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"ZeroAddress\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"Approval\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"authorizer\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"}],\"name\":\"AuthorizationCanceled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"authorizer\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"}],\"name\":\"AuthorizationUsed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"frozen\",\"type\":\"bool\"}],\"name\":\"Frozen\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"bool\",\"name\":\"paused\",\"type\":\"bool\"}],\"name\":\"Paused\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"Transfer\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"CANCEL_AUTHORIZATION_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"DOMAIN_SEPARATOR\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"PERMIT_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"RECEIVE_WITH_AUTHORIZATION_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"SUPPLY_CAP\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"TRANSFER_WITH_AUTHORIZATION_TYPEHASH\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"}],\"name\":\"allowance\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"approve\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"authorizer\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"}],\"name\":\"authorizationState\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"balanceOf\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"authorizer\",\"type\":\"address\"},{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"cancelAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"decimals\",\"outputs\":[{\"internalType\":\"uint8\",\"name\":\"\",\"type\":\"uint8\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"frozen\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"firstMinter\",\"type\":\"address\"}],\"name\":\"initialize\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"mint\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"minter\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"name\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"}],\"name\":\"nonces\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"paused\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"deadline\",\"type\":\"uint256\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"permit\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"name\":\"receiveWithAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"receiveWithAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"internalType\":\"bool\",\"name\":\"stop\",\"type\":\"bool\"}],\"name\":\"setFrozen\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bool\",\"name\":\"stop\",\"type\":\"bool\"}],\"name\":\"setPaused\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"symbol\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"totalSupply\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"transfer\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"transferFrom\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"},{\"internalType\":\"bytes\",\"name\":\"signature\",\"type\":\"bytes\"}],\"name\":\"transferWithAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validAfter\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"validBefore\",\"type\":\"uint256\"},{\"internalType\":\"bytes32\",\"name\":\"nonce\",\"type\":\"bytes32\"},{\"internalType\":\"uint8\",\"name\":\"v\",\"type\":\"uint8\"},{\"internalType\":\"bytes32\",\"name\":\"r\",\"type\":\"bytes32\"},{\"internalType\":\"bytes32\",\"name\":\"s\",\"type\":\"bytes32\"}],\"name\":\"transferWithAuthorization\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"version\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"}]",
	ID:  "DevUSDC",
	Bin: "0x60808060405234601557611e0c908161001a8239f35b5f80fdfe60806040526004361015610011575f80fd5b5f3560e01c806306fdde03146112ff57806307546172146112af578063095ea7b31461120a5780630cfccc83146111cb57806316c38b3c146110fd57806318160ddd146110c257806323b872dd14610fc457806330adf81f14610f6c578063313ce56714610f335780633644e51514610ef357806340c10f1914610de757806354fd4d5014610da25780635a049a7014610c5c5780635c975abb14610c1a57806370a0823114610bb75780637ecebe0014610b545780637f2eecc314610afc57806388b7ab6314610a3857806395d89b41146109bf578063a0cc6a6814610967578063a9059cbb14610918578063ac869cd81461084a578063c4d66de814610789578063cf092995146106de578063d051665014610676578063d505accf14610477578063d91694871461041f578063dd62ed3e14610393578063e3ee160e146102eb578063e94a0102146102775763ef55bec61461016e575f80fd5b346102735761027161026c6102376102636101883661156b565b9699869b98999295938a958c9398956101b9333373ffffffffffffffffffffffffffffffffffffffff881614611700565b6101c58383838b6119bb565b60405196879560208701998a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de888521660208701521660408501526060840152608083015260a08201520152565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282611338565b51902085611901565b611794565b005b5f80fd5b346102735760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735773ffffffffffffffffffffffffffffffffffffffff6102c3611429565b165f52600460205260405f206024355f52602052602060ff60405f2054166040519015158152f35b346102735761027161026c6102376102636103053661156b565b96998385876103218a9f9c9d9699978f969b98998f9a8b6119bb565b60405196879560208701998a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a226788521660208701521660408501526060840152608083015260a08201520152565b346102735760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576103ca611429565b73ffffffffffffffffffffffffffffffffffffffff6103e761144c565b91165f52600360205273ffffffffffffffffffffffffffffffffffffffff60405f2091165f52602052602060405f2054604051908152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735760206040517f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a15974298152f35b346102735760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576104ae611429565b6104b661144c565b9060443591606435916084359160ff831683036102735783421161064a5773ffffffffffffffffffffffffffffffffffffffff169384156106225773ffffffffffffffffffffffffffffffffffffffff821693845f52600660205260405f20908154907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff82146105f5577f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925956020956105d69460018501905560405192878401947f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c986528a60408601528b606086015287608086015260a085015260c084015260c083526105c560e084611338565b60c4359360a4359351902090611901565b835f526003825260405f20855f5282528060405f2055604051908152a3005b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b7fd92e233d000000000000000000000000000000000000000000000000000000005f5260045ffd5b837f9e96b26f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b346102735760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735773ffffffffffffffffffffffffffffffffffffffff6106c2611429565b165f526005602052602060ff60405f2054166040519015158152f35b346102735761027161026c6107806106f5366114aa565b949895979093926107088382868b6119bb565b61023760405193849260208401968d8d8d8a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a226788521660208701521660408501526060840152608083015260a08201520152565b51902084611ac4565b346102735760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576107c0611429565b5f549073ffffffffffffffffffffffffffffffffffffffff82166108225773ffffffffffffffffffffffffffffffffffffffff16908115610622577fffffffffffffffffffffffff000000000000000000000000000000000000000016175f55005b7f0dc149f0000000000000000000000000000000000000000000000000000000005f5260045ffd5b346102735760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610881611429565b6024359081151580920361027357602073ffffffffffffffffffffffffffffffffffffffff7f713eb400302cebac61f82eb8de5051d38458517ffac43ae45f4a9fd5d09ee698926108d733835f54163314611601565b1692835f526005825260405f207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0081541660ff8316179055604051908152a2005b346102735760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735761095c610952611429565b6024359033611794565b602060405160018152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735760206040517f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a22678152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610a346040516109fe604082611338565b600481527f55534443000000000000000000000000000000000000000000000000000000006020820152604051918291826113e1565b0390f35b346102735761027161026c610780610a4f366114aa565b94989597909392610a78333373ffffffffffffffffffffffffffffffffffffffff8c1614611700565b610a848382868b6119bb565b61023760405193849260208401968d8d8d8a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de888521660208701521660408501526060840152608083015260a08201520152565b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735760206040517fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de88152f35b346102735760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735773ffffffffffffffffffffffffffffffffffffffff610ba0611429565b165f526006602052602060405f2054604051908152f35b346102735760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735773ffffffffffffffffffffffffffffffffffffffff610c03611429565b165f526002602052602060405f2054604051908152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357602060ff5f5460a01c166040519015158152f35b346102735760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610c93611429565b602435906044359060ff82168203610273578073ffffffffffffffffffffffffffffffffffffffff610d3d921692835f52600460205260405f20855f52602052610ce58560ff60405f205416156116cd565b6040519060208201927f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429845285604084015286606084015260608352610d2c608084611338565b608435936064359351902090611901565b805f52600460205260405f20825f5260205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557f1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d815f80a3005b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610a34610ddb61146f565b604051918291826113e1565b346102735760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610e1e611429565b73ffffffffffffffffffffffffffffffffffffffff60243591610e4633835f54163314611601565b169081156106225760015480662386f26fc1000003662386f26fc1000081116105f557808311610ec45750602082610ea05f947fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef946116c0565b6001558484526002825260408420610eb98282546116c0565b9055604051908152a3005b827f4b344b11000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576020610f2b61164b565b604051908152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357602060405160068152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102735760206040517f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c98152f35b346102735760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610ffb611429565b61100361144c565b6044359073ffffffffffffffffffffffffffffffffffffffff831692835f52600360205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f5260205260405f2054838110611092578381039081116105f55761095c945f52600360205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f5260205260405f2055611794565b83907f2a1b2dd8000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576020600154604051908152f35b346102735760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576004358015158091036102735760207f0e2fb031ee032dc02d8011dc50b816eb450cf856abd8261680dac74f72165bd2915f546111813373ffffffffffffffffffffffffffffffffffffffff83163314611601565b7fffffffffffffffffffffff00ffffffffffffffffffffffffffffffffffffffff74ff00000000000000000000000000000000000000008360a01b169116175f55604051908152a1005b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610273576020604051662386f26fc100008152f35b346102735760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357611241611429565b73ffffffffffffffffffffffffffffffffffffffff16602435811561062257335f52600360205260405f20825f526020528060405f20556040519081527f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b92560203392a3602060405160018152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357602073ffffffffffffffffffffffffffffffffffffffff5f5416604051908152f35b34610273575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261027357610a34610ddb6113a6565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761137957604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b604051906113b5604083611338565b600882527f55534420436f696e0000000000000000000000000000000000000000000000006020830152565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602060409481855280519182918282880152018686015e5f8582860101520116010190565b6004359073ffffffffffffffffffffffffffffffffffffffff8216820361027357565b6024359073ffffffffffffffffffffffffffffffffffffffff8216820361027357565b6040519061147e604083611338565b600182527f32000000000000000000000000000000000000000000000000000000000000006020830152565b9060e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8301126102735760043573ffffffffffffffffffffffffffffffffffffffff81168103610273579160243573ffffffffffffffffffffffffffffffffffffffff81168103610273579160443591606435916084359160a4359160c43567ffffffffffffffff811161027357826023820112156102735780600401359267ffffffffffffffff84116102735760248483010111610273576024019190565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc6101209101126102735760043573ffffffffffffffffffffffffffffffffffffffff81168103610273579060243573ffffffffffffffffffffffffffffffffffffffff81168103610273579060443590606435906084359060a4359060c43560ff81168103610273579060e435906101043590565b156116095750565b73ffffffffffffffffffffffffffffffffffffffff907f361c31f2000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b6116536113a6565b6020815191012061166261146f565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526116ba60c082611338565b51902090565b919082018092116105f557565b156116d55750565b7f011dbdcc000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b156117085750565b73ffffffffffffffffffffffffffffffffffffffff907f38147cf9000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b156117525750565b73ffffffffffffffffffffffffffffffffffffffff907f4f2a367e000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b909160ff5f5460a01c166118d9576117d373ffffffffffffffffffffffffffffffffffffffff831692835f52600560205260ff60405f2054161561174a565b61180473ffffffffffffffffffffffffffffffffffffffff841693845f52600560205260ff60405f2054161561174a565b821515806118d0575b15610622573083146118a857815f52600260205260405f205481811061187a57817fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef92602092855f52600284520360405f2055845f526002825260405f20818154019055604051908152a3565b7fcf479181000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b7fc5988531000000000000000000000000000000000000000000000000000000005f5260045ffd5b5081151561180d565b7f6ab17e05000000000000000000000000000000000000000000000000000000005f5260045ffd5b9361197b9073ffffffffffffffffffffffffffffffffffffffff9485946119849461023761197361193061164b565b9260405192839160208301958690916042927f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201520190565b519020611c8d565b90929192611d27565b16911681036119905750565b7fbf18af43000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b919080421115611a99575080421015611a6e575073ffffffffffffffffffffffffffffffffffffffff16805f52600460205260405f20825f52602052611a098260ff60405f205416156116cd565b805f52600460205260405f20825f5260205260405f2060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff008254161790557f98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a55f80a3565b7f3d91b05f000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f7a4df079000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b90929192610237611ad661193061164b565b5190209067ffffffffffffffff83116113795760405192611b1f601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200185611338565b8084523681860111610273576020815f92611b41978388013785010152611b74565b15611b4857565b7fbf18af43000000000000000000000000000000000000000000000000000000005f525f60045260245ffd5b9190823b611be95790611b8691611dd2565b506004811015611bbc57159182611b9c57505090565b73ffffffffffffffffffffffffffffffffffffffff919250811691161490565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52602160045260245ffd5b9160209260647fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f855f965190604051957f1626ba7e00000000000000000000000000000000000000000000000000000000875260048701526040602487015288820190604487015e86848287010152011601915afa7f1626ba7e000000000000000000000000000000000000000000000000000000005f5114601f3d11161690565b91907f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411611d1c579160209360809260ff5f9560405194855216868401526040830152606082015282805260015afa15611d11575f5173ffffffffffffffffffffffffffffffffffffffff811615611d0757905f905f90565b505f906001905f90565b6040513d5f823e3d90fd5b5050505f9160039190565b6004811015611bbc5780611d39575050565b60018103611d69577ff645eedf000000000000000000000000000000000000000000000000000000005f5260045ffd5b60028103611d9d57507ffce698f7000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b600314611da75750565b7fd78bce0c000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b8151919060418303611e0257611dfb9250602082015190606060408401519301515f1a90611c8d565b9192909190565b50505f916002919056",
}

// DevUSDC is an auto generated Go binding around an Ethereum contract.
type DevUSDC struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *DevUSDC) GetABI() abi.ABI {
	return c.abi
}

// NewDevUSDC creates a new instance of DevUSDC.
func NewDevUSDC() *DevUSDC {
	parsed, err := DevUSDCMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &DevUSDC{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *DevUSDC) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackCANCELAUTHORIZATIONTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd9169487.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function CANCEL_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) PackCANCELAUTHORIZATIONTYPEHASH() []byte {
	enc, err := devUSDC.abi.Pack("CANCEL_AUTHORIZATION_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCANCELAUTHORIZATIONTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd9169487.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function CANCEL_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) TryPackCANCELAUTHORIZATIONTYPEHASH() ([]byte, error) {
	return devUSDC.abi.Pack("CANCEL_AUTHORIZATION_TYPEHASH")
}

// UnpackCANCELAUTHORIZATIONTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd9169487.
//
// Solidity: function CANCEL_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) UnpackCANCELAUTHORIZATIONTYPEHASH(data []byte) ([32]byte, error) {
	out, err := devUSDC.abi.Unpack("CANCEL_AUTHORIZATION_TYPEHASH", data)
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
func (devUSDC *DevUSDC) PackDOMAINSEPARATOR() []byte {
	enc, err := devUSDC.abi.Pack("DOMAIN_SEPARATOR")
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
func (devUSDC *DevUSDC) TryPackDOMAINSEPARATOR() ([]byte, error) {
	return devUSDC.abi.Pack("DOMAIN_SEPARATOR")
}

// UnpackDOMAINSEPARATOR is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3644e515.
//
// Solidity: function DOMAIN_SEPARATOR() view returns(bytes32)
func (devUSDC *DevUSDC) UnpackDOMAINSEPARATOR(data []byte) ([32]byte, error) {
	out, err := devUSDC.abi.Unpack("DOMAIN_SEPARATOR", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackPERMITTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x30adf81f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function PERMIT_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) PackPERMITTYPEHASH() []byte {
	enc, err := devUSDC.abi.Pack("PERMIT_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPERMITTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x30adf81f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function PERMIT_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) TryPackPERMITTYPEHASH() ([]byte, error) {
	return devUSDC.abi.Pack("PERMIT_TYPEHASH")
}

// UnpackPERMITTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x30adf81f.
//
// Solidity: function PERMIT_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) UnpackPERMITTYPEHASH(data []byte) ([32]byte, error) {
	out, err := devUSDC.abi.Unpack("PERMIT_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackRECEIVEWITHAUTHORIZATIONTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7f2eecc3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) PackRECEIVEWITHAUTHORIZATIONTYPEHASH() []byte {
	enc, err := devUSDC.abi.Pack("RECEIVE_WITH_AUTHORIZATION_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRECEIVEWITHAUTHORIZATIONTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7f2eecc3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) TryPackRECEIVEWITHAUTHORIZATIONTYPEHASH() ([]byte, error) {
	return devUSDC.abi.Pack("RECEIVE_WITH_AUTHORIZATION_TYPEHASH")
}

// UnpackRECEIVEWITHAUTHORIZATIONTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7f2eecc3.
//
// Solidity: function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) UnpackRECEIVEWITHAUTHORIZATIONTYPEHASH(data []byte) ([32]byte, error) {
	out, err := devUSDC.abi.Unpack("RECEIVE_WITH_AUTHORIZATION_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackSUPPLYCAP is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0cfccc83.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function SUPPLY_CAP() view returns(uint256)
func (devUSDC *DevUSDC) PackSUPPLYCAP() []byte {
	enc, err := devUSDC.abi.Pack("SUPPLY_CAP")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSUPPLYCAP is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0cfccc83.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function SUPPLY_CAP() view returns(uint256)
func (devUSDC *DevUSDC) TryPackSUPPLYCAP() ([]byte, error) {
	return devUSDC.abi.Pack("SUPPLY_CAP")
}

// UnpackSUPPLYCAP is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0cfccc83.
//
// Solidity: function SUPPLY_CAP() view returns(uint256)
func (devUSDC *DevUSDC) UnpackSUPPLYCAP(data []byte) (*big.Int, error) {
	out, err := devUSDC.abi.Unpack("SUPPLY_CAP", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackTRANSFERWITHAUTHORIZATIONTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa0cc6a68.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) PackTRANSFERWITHAUTHORIZATIONTYPEHASH() []byte {
	enc, err := devUSDC.abi.Pack("TRANSFER_WITH_AUTHORIZATION_TYPEHASH")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTRANSFERWITHAUTHORIZATIONTYPEHASH is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa0cc6a68.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) TryPackTRANSFERWITHAUTHORIZATIONTYPEHASH() ([]byte, error) {
	return devUSDC.abi.Pack("TRANSFER_WITH_AUTHORIZATION_TYPEHASH")
}

// UnpackTRANSFERWITHAUTHORIZATIONTYPEHASH is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa0cc6a68.
//
// Solidity: function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() view returns(bytes32)
func (devUSDC *DevUSDC) UnpackTRANSFERWITHAUTHORIZATIONTYPEHASH(data []byte) ([32]byte, error) {
	out, err := devUSDC.abi.Unpack("TRANSFER_WITH_AUTHORIZATION_TYPEHASH", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackAllowance is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdd62ed3e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (devUSDC *DevUSDC) PackAllowance(owner common.Address, spender common.Address) []byte {
	enc, err := devUSDC.abi.Pack("allowance", owner, spender)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAllowance is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdd62ed3e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (devUSDC *DevUSDC) TryPackAllowance(owner common.Address, spender common.Address) ([]byte, error) {
	return devUSDC.abi.Pack("allowance", owner, spender)
}

// UnpackAllowance is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xdd62ed3e.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (devUSDC *DevUSDC) UnpackAllowance(data []byte) (*big.Int, error) {
	out, err := devUSDC.abi.Unpack("allowance", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackApprove is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x095ea7b3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (devUSDC *DevUSDC) PackApprove(spender common.Address, value *big.Int) []byte {
	enc, err := devUSDC.abi.Pack("approve", spender, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackApprove is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x095ea7b3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (devUSDC *DevUSDC) TryPackApprove(spender common.Address, value *big.Int) ([]byte, error) {
	return devUSDC.abi.Pack("approve", spender, value)
}

// UnpackApprove is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x095ea7b3.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (devUSDC *DevUSDC) UnpackApprove(data []byte) (bool, error) {
	out, err := devUSDC.abi.Unpack("approve", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackAuthorizationState is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe94a0102.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function authorizationState(address authorizer, bytes32 nonce) view returns(bool)
func (devUSDC *DevUSDC) PackAuthorizationState(authorizer common.Address, nonce [32]byte) []byte {
	enc, err := devUSDC.abi.Pack("authorizationState", authorizer, nonce)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAuthorizationState is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe94a0102.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function authorizationState(address authorizer, bytes32 nonce) view returns(bool)
func (devUSDC *DevUSDC) TryPackAuthorizationState(authorizer common.Address, nonce [32]byte) ([]byte, error) {
	return devUSDC.abi.Pack("authorizationState", authorizer, nonce)
}

// UnpackAuthorizationState is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe94a0102.
//
// Solidity: function authorizationState(address authorizer, bytes32 nonce) view returns(bool)
func (devUSDC *DevUSDC) UnpackAuthorizationState(data []byte) (bool, error) {
	out, err := devUSDC.abi.Unpack("authorizationState", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackBalanceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x70a08231.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (devUSDC *DevUSDC) PackBalanceOf(account common.Address) []byte {
	enc, err := devUSDC.abi.Pack("balanceOf", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBalanceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x70a08231.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (devUSDC *DevUSDC) TryPackBalanceOf(account common.Address) ([]byte, error) {
	return devUSDC.abi.Pack("balanceOf", account)
}

// UnpackBalanceOf is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x70a08231.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (devUSDC *DevUSDC) UnpackBalanceOf(data []byte) (*big.Int, error) {
	out, err := devUSDC.abi.Unpack("balanceOf", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackCancelAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5a049a70.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) PackCancelAuthorization(authorizer common.Address, nonce [32]byte, v uint8, r [32]byte, s [32]byte) []byte {
	enc, err := devUSDC.abi.Pack("cancelAuthorization", authorizer, nonce, v, r, s)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCancelAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5a049a70.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) TryPackCancelAuthorization(authorizer common.Address, nonce [32]byte, v uint8, r [32]byte, s [32]byte) ([]byte, error) {
	return devUSDC.abi.Pack("cancelAuthorization", authorizer, nonce, v, r, s)
}

// PackDecimals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x313ce567.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function decimals() view returns(uint8)
func (devUSDC *DevUSDC) PackDecimals() []byte {
	enc, err := devUSDC.abi.Pack("decimals")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDecimals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x313ce567.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function decimals() view returns(uint8)
func (devUSDC *DevUSDC) TryPackDecimals() ([]byte, error) {
	return devUSDC.abi.Pack("decimals")
}

// UnpackDecimals is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x313ce567.
//
// Solidity: function decimals() view returns(uint8)
func (devUSDC *DevUSDC) UnpackDecimals(data []byte) (uint8, error) {
	out, err := devUSDC.abi.Unpack("decimals", data)
	if err != nil {
		return *new(uint8), err
	}
	out0 := *abi.ConvertType(out[0], new(uint8)).(*uint8)
	return out0, nil
}

// PackFrozen is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd0516650.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function frozen(address account) view returns(bool)
func (devUSDC *DevUSDC) PackFrozen(account common.Address) []byte {
	enc, err := devUSDC.abi.Pack("frozen", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackFrozen is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd0516650.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function frozen(address account) view returns(bool)
func (devUSDC *DevUSDC) TryPackFrozen(account common.Address) ([]byte, error) {
	return devUSDC.abi.Pack("frozen", account)
}

// UnpackFrozen is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd0516650.
//
// Solidity: function frozen(address account) view returns(bool)
func (devUSDC *DevUSDC) UnpackFrozen(data []byte) (bool, error) {
	out, err := devUSDC.abi.Unpack("frozen", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackInitialize is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc4d66de8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function initialize(address firstMinter) returns()
func (devUSDC *DevUSDC) PackInitialize(firstMinter common.Address) []byte {
	enc, err := devUSDC.abi.Pack("initialize", firstMinter)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackInitialize is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc4d66de8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function initialize(address firstMinter) returns()
func (devUSDC *DevUSDC) TryPackInitialize(firstMinter common.Address) ([]byte, error) {
	return devUSDC.abi.Pack("initialize", firstMinter)
}

// PackMint is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x40c10f19.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function mint(address to, uint256 value) returns()
func (devUSDC *DevUSDC) PackMint(to common.Address, value *big.Int) []byte {
	enc, err := devUSDC.abi.Pack("mint", to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMint is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x40c10f19.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function mint(address to, uint256 value) returns()
func (devUSDC *DevUSDC) TryPackMint(to common.Address, value *big.Int) ([]byte, error) {
	return devUSDC.abi.Pack("mint", to, value)
}

// PackMinter is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x07546172.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function minter() view returns(address)
func (devUSDC *DevUSDC) PackMinter() []byte {
	enc, err := devUSDC.abi.Pack("minter")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMinter is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x07546172.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function minter() view returns(address)
func (devUSDC *DevUSDC) TryPackMinter() ([]byte, error) {
	return devUSDC.abi.Pack("minter")
}

// UnpackMinter is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x07546172.
//
// Solidity: function minter() view returns(address)
func (devUSDC *DevUSDC) UnpackMinter(data []byte) (common.Address, error) {
	out, err := devUSDC.abi.Unpack("minter", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackName is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x06fdde03.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function name() view returns(string)
func (devUSDC *DevUSDC) PackName() []byte {
	enc, err := devUSDC.abi.Pack("name")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackName is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x06fdde03.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function name() view returns(string)
func (devUSDC *DevUSDC) TryPackName() ([]byte, error) {
	return devUSDC.abi.Pack("name")
}

// UnpackName is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x06fdde03.
//
// Solidity: function name() view returns(string)
func (devUSDC *DevUSDC) UnpackName(data []byte) (string, error) {
	out, err := devUSDC.abi.Unpack("name", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// PackNonces is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7ecebe00.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function nonces(address owner) view returns(uint256)
func (devUSDC *DevUSDC) PackNonces(owner common.Address) []byte {
	enc, err := devUSDC.abi.Pack("nonces", owner)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackNonces is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7ecebe00.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function nonces(address owner) view returns(uint256)
func (devUSDC *DevUSDC) TryPackNonces(owner common.Address) ([]byte, error) {
	return devUSDC.abi.Pack("nonces", owner)
}

// UnpackNonces is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x7ecebe00.
//
// Solidity: function nonces(address owner) view returns(uint256)
func (devUSDC *DevUSDC) UnpackNonces(data []byte) (*big.Int, error) {
	out, err := devUSDC.abi.Unpack("nonces", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c975abb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function paused() view returns(bool)
func (devUSDC *DevUSDC) PackPaused() []byte {
	enc, err := devUSDC.abi.Pack("paused")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c975abb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function paused() view returns(bool)
func (devUSDC *DevUSDC) TryPackPaused() ([]byte, error) {
	return devUSDC.abi.Pack("paused")
}

// UnpackPaused is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x5c975abb.
//
// Solidity: function paused() view returns(bool)
func (devUSDC *DevUSDC) UnpackPaused(data []byte) (bool, error) {
	out, err := devUSDC.abi.Unpack("paused", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackPermit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd505accf.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) PackPermit(owner common.Address, spender common.Address, value *big.Int, deadline *big.Int, v uint8, r [32]byte, s [32]byte) []byte {
	enc, err := devUSDC.abi.Pack("permit", owner, spender, value, deadline, v, r, s)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPermit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd505accf.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) TryPackPermit(owner common.Address, spender common.Address, value *big.Int, deadline *big.Int, v uint8, r [32]byte, s [32]byte) ([]byte, error) {
	return devUSDC.abi.Pack("permit", owner, spender, value, deadline, v, r, s)
}

// PackReceiveWithAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x88b7ab63.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) returns()
func (devUSDC *DevUSDC) PackReceiveWithAuthorization(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, signature []byte) []byte {
	enc, err := devUSDC.abi.Pack("receiveWithAuthorization", from, to, value, validAfter, validBefore, nonce, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackReceiveWithAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x88b7ab63.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) returns()
func (devUSDC *DevUSDC) TryPackReceiveWithAuthorization(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, signature []byte) ([]byte, error) {
	return devUSDC.abi.Pack("receiveWithAuthorization", from, to, value, validAfter, validBefore, nonce, signature)
}

// PackReceiveWithAuthorization0 is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xef55bec6.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) PackReceiveWithAuthorization0(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, v uint8, r [32]byte, s [32]byte) []byte {
	enc, err := devUSDC.abi.Pack("receiveWithAuthorization0", from, to, value, validAfter, validBefore, nonce, v, r, s)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackReceiveWithAuthorization0 is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xef55bec6.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) TryPackReceiveWithAuthorization0(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, v uint8, r [32]byte, s [32]byte) ([]byte, error) {
	return devUSDC.abi.Pack("receiveWithAuthorization0", from, to, value, validAfter, validBefore, nonce, v, r, s)
}

// PackSetFrozen is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac869cd8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setFrozen(address account, bool stop) returns()
func (devUSDC *DevUSDC) PackSetFrozen(account common.Address, stop bool) []byte {
	enc, err := devUSDC.abi.Pack("setFrozen", account, stop)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetFrozen is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xac869cd8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setFrozen(address account, bool stop) returns()
func (devUSDC *DevUSDC) TryPackSetFrozen(account common.Address, stop bool) ([]byte, error) {
	return devUSDC.abi.Pack("setFrozen", account, stop)
}

// PackSetPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x16c38b3c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setPaused(bool stop) returns()
func (devUSDC *DevUSDC) PackSetPaused(stop bool) []byte {
	enc, err := devUSDC.abi.Pack("setPaused", stop)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x16c38b3c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setPaused(bool stop) returns()
func (devUSDC *DevUSDC) TryPackSetPaused(stop bool) ([]byte, error) {
	return devUSDC.abi.Pack("setPaused", stop)
}

// PackSymbol is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x95d89b41.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function symbol() view returns(string)
func (devUSDC *DevUSDC) PackSymbol() []byte {
	enc, err := devUSDC.abi.Pack("symbol")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSymbol is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x95d89b41.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function symbol() view returns(string)
func (devUSDC *DevUSDC) TryPackSymbol() ([]byte, error) {
	return devUSDC.abi.Pack("symbol")
}

// UnpackSymbol is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x95d89b41.
//
// Solidity: function symbol() view returns(string)
func (devUSDC *DevUSDC) UnpackSymbol(data []byte) (string, error) {
	out, err := devUSDC.abi.Unpack("symbol", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// PackTotalSupply is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18160ddd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function totalSupply() view returns(uint256)
func (devUSDC *DevUSDC) PackTotalSupply() []byte {
	enc, err := devUSDC.abi.Pack("totalSupply")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTotalSupply is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18160ddd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function totalSupply() view returns(uint256)
func (devUSDC *DevUSDC) TryPackTotalSupply() ([]byte, error) {
	return devUSDC.abi.Pack("totalSupply")
}

// UnpackTotalSupply is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x18160ddd.
//
// Solidity: function totalSupply() view returns(uint256)
func (devUSDC *DevUSDC) UnpackTotalSupply(data []byte) (*big.Int, error) {
	out, err := devUSDC.abi.Unpack("totalSupply", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackTransfer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa9059cbb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (devUSDC *DevUSDC) PackTransfer(to common.Address, value *big.Int) []byte {
	enc, err := devUSDC.abi.Pack("transfer", to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransfer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa9059cbb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (devUSDC *DevUSDC) TryPackTransfer(to common.Address, value *big.Int) ([]byte, error) {
	return devUSDC.abi.Pack("transfer", to, value)
}

// UnpackTransfer is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa9059cbb.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (devUSDC *DevUSDC) UnpackTransfer(data []byte) (bool, error) {
	out, err := devUSDC.abi.Unpack("transfer", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackTransferFrom is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23b872dd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (devUSDC *DevUSDC) PackTransferFrom(from common.Address, to common.Address, value *big.Int) []byte {
	enc, err := devUSDC.abi.Pack("transferFrom", from, to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferFrom is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23b872dd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (devUSDC *DevUSDC) TryPackTransferFrom(from common.Address, to common.Address, value *big.Int) ([]byte, error) {
	return devUSDC.abi.Pack("transferFrom", from, to, value)
}

// UnpackTransferFrom is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x23b872dd.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (devUSDC *DevUSDC) UnpackTransferFrom(data []byte) (bool, error) {
	out, err := devUSDC.abi.Unpack("transferFrom", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackTransferWithAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcf092995.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) returns()
func (devUSDC *DevUSDC) PackTransferWithAuthorization(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, signature []byte) []byte {
	enc, err := devUSDC.abi.Pack("transferWithAuthorization", from, to, value, validAfter, validBefore, nonce, signature)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferWithAuthorization is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcf092995.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature) returns()
func (devUSDC *DevUSDC) TryPackTransferWithAuthorization(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, signature []byte) ([]byte, error) {
	return devUSDC.abi.Pack("transferWithAuthorization", from, to, value, validAfter, validBefore, nonce, signature)
}

// PackTransferWithAuthorization0 is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe3ee160e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) PackTransferWithAuthorization0(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, v uint8, r [32]byte, s [32]byte) []byte {
	enc, err := devUSDC.abi.Pack("transferWithAuthorization0", from, to, value, validAfter, validBefore, nonce, v, r, s)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferWithAuthorization0 is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe3ee160e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) returns()
func (devUSDC *DevUSDC) TryPackTransferWithAuthorization0(from common.Address, to common.Address, value *big.Int, validAfter *big.Int, validBefore *big.Int, nonce [32]byte, v uint8, r [32]byte, s [32]byte) ([]byte, error) {
	return devUSDC.abi.Pack("transferWithAuthorization0", from, to, value, validAfter, validBefore, nonce, v, r, s)
}

// PackVersion is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x54fd4d50.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function version() view returns(string)
func (devUSDC *DevUSDC) PackVersion() []byte {
	enc, err := devUSDC.abi.Pack("version")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVersion is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x54fd4d50.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function version() view returns(string)
func (devUSDC *DevUSDC) TryPackVersion() ([]byte, error) {
	return devUSDC.abi.Pack("version")
}

// UnpackVersion is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x54fd4d50.
//
// Solidity: function version() view returns(string)
func (devUSDC *DevUSDC) UnpackVersion(data []byte) (string, error) {
	out, err := devUSDC.abi.Unpack("version", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// DevUSDCApproval represents a Approval event raised by the DevUSDC contract.
type DevUSDCApproval struct {
	Owner   common.Address
	Spender common.Address
	Value   *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const DevUSDCApprovalEventName = "Approval"

// ContractEventName returns the user-defined event name.
func (DevUSDCApproval) ContractEventName() string {
	return DevUSDCApprovalEventName
}

// UnpackApprovalEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Approval(address indexed owner, address indexed spender, uint256 value)
func (devUSDC *DevUSDC) UnpackApprovalEvent(log *types.Log) (*DevUSDCApproval, error) {
	event := "Approval"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != devUSDC.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DevUSDCApproval)
	if len(log.Data) > 0 {
		if err := devUSDC.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range devUSDC.abi.Events[event].Inputs {
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

// DevUSDCAuthorizationCanceled represents a AuthorizationCanceled event raised by the DevUSDC contract.
type DevUSDCAuthorizationCanceled struct {
	Authorizer common.Address
	Nonce      [32]byte
	Raw        *types.Log // Blockchain specific contextual infos
}

const DevUSDCAuthorizationCanceledEventName = "AuthorizationCanceled"

// ContractEventName returns the user-defined event name.
func (DevUSDCAuthorizationCanceled) ContractEventName() string {
	return DevUSDCAuthorizationCanceledEventName
}

// UnpackAuthorizationCanceledEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)
func (devUSDC *DevUSDC) UnpackAuthorizationCanceledEvent(log *types.Log) (*DevUSDCAuthorizationCanceled, error) {
	event := "AuthorizationCanceled"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != devUSDC.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DevUSDCAuthorizationCanceled)
	if len(log.Data) > 0 {
		if err := devUSDC.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range devUSDC.abi.Events[event].Inputs {
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

// DevUSDCAuthorizationUsed represents a AuthorizationUsed event raised by the DevUSDC contract.
type DevUSDCAuthorizationUsed struct {
	Authorizer common.Address
	Nonce      [32]byte
	Raw        *types.Log // Blockchain specific contextual infos
}

const DevUSDCAuthorizationUsedEventName = "AuthorizationUsed"

// ContractEventName returns the user-defined event name.
func (DevUSDCAuthorizationUsed) ContractEventName() string {
	return DevUSDCAuthorizationUsedEventName
}

// UnpackAuthorizationUsedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)
func (devUSDC *DevUSDC) UnpackAuthorizationUsedEvent(log *types.Log) (*DevUSDCAuthorizationUsed, error) {
	event := "AuthorizationUsed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != devUSDC.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DevUSDCAuthorizationUsed)
	if len(log.Data) > 0 {
		if err := devUSDC.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range devUSDC.abi.Events[event].Inputs {
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

// DevUSDCFrozen represents a Frozen event raised by the DevUSDC contract.
type DevUSDCFrozen struct {
	Account common.Address
	Frozen  bool
	Raw     *types.Log // Blockchain specific contextual infos
}

const DevUSDCFrozenEventName = "Frozen"

// ContractEventName returns the user-defined event name.
func (DevUSDCFrozen) ContractEventName() string {
	return DevUSDCFrozenEventName
}

// UnpackFrozenEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Frozen(address indexed account, bool frozen)
func (devUSDC *DevUSDC) UnpackFrozenEvent(log *types.Log) (*DevUSDCFrozen, error) {
	event := "Frozen"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != devUSDC.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DevUSDCFrozen)
	if len(log.Data) > 0 {
		if err := devUSDC.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range devUSDC.abi.Events[event].Inputs {
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

// DevUSDCPaused represents a Paused event raised by the DevUSDC contract.
type DevUSDCPaused struct {
	Paused bool
	Raw    *types.Log // Blockchain specific contextual infos
}

const DevUSDCPausedEventName = "Paused"

// ContractEventName returns the user-defined event name.
func (DevUSDCPaused) ContractEventName() string {
	return DevUSDCPausedEventName
}

// UnpackPausedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Paused(bool paused)
func (devUSDC *DevUSDC) UnpackPausedEvent(log *types.Log) (*DevUSDCPaused, error) {
	event := "Paused"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != devUSDC.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DevUSDCPaused)
	if len(log.Data) > 0 {
		if err := devUSDC.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range devUSDC.abi.Events[event].Inputs {
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

// DevUSDCTransfer represents a Transfer event raised by the DevUSDC contract.
type DevUSDCTransfer struct {
	From  common.Address
	To    common.Address
	Value *big.Int
	Raw   *types.Log // Blockchain specific contextual infos
}

const DevUSDCTransferEventName = "Transfer"

// ContractEventName returns the user-defined event name.
func (DevUSDCTransfer) ContractEventName() string {
	return DevUSDCTransferEventName
}

// UnpackTransferEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Transfer(address indexed from, address indexed to, uint256 value)
func (devUSDC *DevUSDC) UnpackTransferEvent(log *types.Log) (*DevUSDCTransfer, error) {
	event := "Transfer"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != devUSDC.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(DevUSDCTransfer)
	if len(log.Data) > 0 {
		if err := devUSDC.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range devUSDC.abi.Events[event].Inputs {
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
func (devUSDC *DevUSDC) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["AccountFrozen"].ID.Bytes()[:4]) {
		return devUSDC.UnpackAccountFrozenError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["AlreadyInitialized"].ID.Bytes()[:4]) {
		return devUSDC.UnpackAlreadyInitializedError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["AuthorizationExpired"].ID.Bytes()[:4]) {
		return devUSDC.UnpackAuthorizationExpiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["AuthorizationNotYetValid"].ID.Bytes()[:4]) {
		return devUSDC.UnpackAuthorizationNotYetValidError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["AuthorizationUsedOrCanceled"].ID.Bytes()[:4]) {
		return devUSDC.UnpackAuthorizationUsedOrCanceledError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["CallerMustBePayee"].ID.Bytes()[:4]) {
		return devUSDC.UnpackCallerMustBePayeeError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["ECDSAInvalidSignature"].ID.Bytes()[:4]) {
		return devUSDC.UnpackECDSAInvalidSignatureError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["ECDSAInvalidSignatureLength"].ID.Bytes()[:4]) {
		return devUSDC.UnpackECDSAInvalidSignatureLengthError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["ECDSAInvalidSignatureS"].ID.Bytes()[:4]) {
		return devUSDC.UnpackECDSAInvalidSignatureSError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["InsufficientAllowance"].ID.Bytes()[:4]) {
		return devUSDC.UnpackInsufficientAllowanceError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["InsufficientBalance"].ID.Bytes()[:4]) {
		return devUSDC.UnpackInsufficientBalanceError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["InvalidSigner"].ID.Bytes()[:4]) {
		return devUSDC.UnpackInvalidSignerError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["NotMinter"].ID.Bytes()[:4]) {
		return devUSDC.UnpackNotMinterError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["PermitExpired"].ID.Bytes()[:4]) {
		return devUSDC.UnpackPermitExpiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["SupplyCapExceeded"].ID.Bytes()[:4]) {
		return devUSDC.UnpackSupplyCapExceededError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["TransferToToken"].ID.Bytes()[:4]) {
		return devUSDC.UnpackTransferToTokenError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["TransfersPaused"].ID.Bytes()[:4]) {
		return devUSDC.UnpackTransfersPausedError(raw[4:])
	}
	if bytes.Equal(raw[:4], devUSDC.abi.Errors["ZeroAddress"].ID.Bytes()[:4]) {
		return devUSDC.UnpackZeroAddressError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// DevUSDCAccountFrozen represents a AccountFrozen error raised by the DevUSDC contract.
type DevUSDCAccountFrozen struct {
	Account common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AccountFrozen(address account)
func DevUSDCAccountFrozenErrorID() common.Hash {
	return common.HexToHash("0x4f2a367e694e71282f29ab5eaa04c4c0be45ac5bf2ca74fb67068b98bdc2887d")
}

// UnpackAccountFrozenError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AccountFrozen(address account)
func (devUSDC *DevUSDC) UnpackAccountFrozenError(raw []byte) (*DevUSDCAccountFrozen, error) {
	out := new(DevUSDCAccountFrozen)
	if err := devUSDC.abi.UnpackIntoInterface(out, "AccountFrozen", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCAlreadyInitialized represents a AlreadyInitialized error raised by the DevUSDC contract.
type DevUSDCAlreadyInitialized struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AlreadyInitialized()
func DevUSDCAlreadyInitializedErrorID() common.Hash {
	return common.HexToHash("0x0dc149f07762891dbcea3fe72770f3d63a1863fc54b2f084e8c59ec476996927")
}

// UnpackAlreadyInitializedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AlreadyInitialized()
func (devUSDC *DevUSDC) UnpackAlreadyInitializedError(raw []byte) (*DevUSDCAlreadyInitialized, error) {
	out := new(DevUSDCAlreadyInitialized)
	if err := devUSDC.abi.UnpackIntoInterface(out, "AlreadyInitialized", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCAuthorizationExpired represents a AuthorizationExpired error raised by the DevUSDC contract.
type DevUSDCAuthorizationExpired struct {
	ValidBefore *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AuthorizationExpired(uint256 validBefore)
func DevUSDCAuthorizationExpiredErrorID() common.Hash {
	return common.HexToHash("0x3d91b05fdcd2d1cf4f2afc5066ced64e8f51b3c6231d2520419fdf3611015311")
}

// UnpackAuthorizationExpiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AuthorizationExpired(uint256 validBefore)
func (devUSDC *DevUSDC) UnpackAuthorizationExpiredError(raw []byte) (*DevUSDCAuthorizationExpired, error) {
	out := new(DevUSDCAuthorizationExpired)
	if err := devUSDC.abi.UnpackIntoInterface(out, "AuthorizationExpired", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCAuthorizationNotYetValid represents a AuthorizationNotYetValid error raised by the DevUSDC contract.
type DevUSDCAuthorizationNotYetValid struct {
	ValidAfter *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AuthorizationNotYetValid(uint256 validAfter)
func DevUSDCAuthorizationNotYetValidErrorID() common.Hash {
	return common.HexToHash("0x7a4df07913fa2cec8ed6078f075884f9382e467bee96d3361aa5b2790d69573b")
}

// UnpackAuthorizationNotYetValidError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AuthorizationNotYetValid(uint256 validAfter)
func (devUSDC *DevUSDC) UnpackAuthorizationNotYetValidError(raw []byte) (*DevUSDCAuthorizationNotYetValid, error) {
	out := new(DevUSDCAuthorizationNotYetValid)
	if err := devUSDC.abi.UnpackIntoInterface(out, "AuthorizationNotYetValid", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCAuthorizationUsedOrCanceled represents a AuthorizationUsedOrCanceled error raised by the DevUSDC contract.
type DevUSDCAuthorizationUsedOrCanceled struct {
	Nonce [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error AuthorizationUsedOrCanceled(bytes32 nonce)
func DevUSDCAuthorizationUsedOrCanceledErrorID() common.Hash {
	return common.HexToHash("0x011dbdcc71cbcfe3cc8fd7b1d5199b5eabe9beadd49b0154d565f0f21c69603b")
}

// UnpackAuthorizationUsedOrCanceledError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error AuthorizationUsedOrCanceled(bytes32 nonce)
func (devUSDC *DevUSDC) UnpackAuthorizationUsedOrCanceledError(raw []byte) (*DevUSDCAuthorizationUsedOrCanceled, error) {
	out := new(DevUSDCAuthorizationUsedOrCanceled)
	if err := devUSDC.abi.UnpackIntoInterface(out, "AuthorizationUsedOrCanceled", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCCallerMustBePayee represents a CallerMustBePayee error raised by the DevUSDC contract.
type DevUSDCCallerMustBePayee struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error CallerMustBePayee(address caller)
func DevUSDCCallerMustBePayeeErrorID() common.Hash {
	return common.HexToHash("0x38147cf92b3efcb01ccc665fca06136d43ebdc0903c24db8b6f62da4a24d47f9")
}

// UnpackCallerMustBePayeeError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error CallerMustBePayee(address caller)
func (devUSDC *DevUSDC) UnpackCallerMustBePayeeError(raw []byte) (*DevUSDCCallerMustBePayee, error) {
	out := new(DevUSDCCallerMustBePayee)
	if err := devUSDC.abi.UnpackIntoInterface(out, "CallerMustBePayee", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCECDSAInvalidSignature represents a ECDSAInvalidSignature error raised by the DevUSDC contract.
type DevUSDCECDSAInvalidSignature struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignature()
func DevUSDCECDSAInvalidSignatureErrorID() common.Hash {
	return common.HexToHash("0xf645eedf0193584640b6b90cb9477e4c95b98636c148a891d4c0a146dc46e75a")
}

// UnpackECDSAInvalidSignatureError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignature()
func (devUSDC *DevUSDC) UnpackECDSAInvalidSignatureError(raw []byte) (*DevUSDCECDSAInvalidSignature, error) {
	out := new(DevUSDCECDSAInvalidSignature)
	if err := devUSDC.abi.UnpackIntoInterface(out, "ECDSAInvalidSignature", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCECDSAInvalidSignatureLength represents a ECDSAInvalidSignatureLength error raised by the DevUSDC contract.
type DevUSDCECDSAInvalidSignatureLength struct {
	Length *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignatureLength(uint256 length)
func DevUSDCECDSAInvalidSignatureLengthErrorID() common.Hash {
	return common.HexToHash("0xfce698f7e8e5342cd615f641317bc45fe7e1e4a8b0a14dd1383ff8dc9c41917f")
}

// UnpackECDSAInvalidSignatureLengthError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignatureLength(uint256 length)
func (devUSDC *DevUSDC) UnpackECDSAInvalidSignatureLengthError(raw []byte) (*DevUSDCECDSAInvalidSignatureLength, error) {
	out := new(DevUSDCECDSAInvalidSignatureLength)
	if err := devUSDC.abi.UnpackIntoInterface(out, "ECDSAInvalidSignatureLength", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCECDSAInvalidSignatureS represents a ECDSAInvalidSignatureS error raised by the DevUSDC contract.
type DevUSDCECDSAInvalidSignatureS struct {
	S [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ECDSAInvalidSignatureS(bytes32 s)
func DevUSDCECDSAInvalidSignatureSErrorID() common.Hash {
	return common.HexToHash("0xd78bce0cccb935155ed6428d1c13e50b7f3550fd2b66b9fe266006fea4a5e1eb")
}

// UnpackECDSAInvalidSignatureSError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ECDSAInvalidSignatureS(bytes32 s)
func (devUSDC *DevUSDC) UnpackECDSAInvalidSignatureSError(raw []byte) (*DevUSDCECDSAInvalidSignatureS, error) {
	out := new(DevUSDCECDSAInvalidSignatureS)
	if err := devUSDC.abi.UnpackIntoInterface(out, "ECDSAInvalidSignatureS", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCInsufficientAllowance represents a InsufficientAllowance error raised by the DevUSDC contract.
type DevUSDCInsufficientAllowance struct {
	Allowed *big.Int
	Needed  *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InsufficientAllowance(uint256 allowed, uint256 needed)
func DevUSDCInsufficientAllowanceErrorID() common.Hash {
	return common.HexToHash("0x2a1b2dd846b7c4bf41216c8f38fc58089000eb0b20edf03e6f81ecadbe2cbedf")
}

// UnpackInsufficientAllowanceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InsufficientAllowance(uint256 allowed, uint256 needed)
func (devUSDC *DevUSDC) UnpackInsufficientAllowanceError(raw []byte) (*DevUSDCInsufficientAllowance, error) {
	out := new(DevUSDCInsufficientAllowance)
	if err := devUSDC.abi.UnpackIntoInterface(out, "InsufficientAllowance", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCInsufficientBalance represents a InsufficientBalance error raised by the DevUSDC contract.
type DevUSDCInsufficientBalance struct {
	Balance *big.Int
	Needed  *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InsufficientBalance(uint256 balance, uint256 needed)
func DevUSDCInsufficientBalanceErrorID() common.Hash {
	return common.HexToHash("0xcf4791818fba6e019216eb4864093b4947f674afada5d305e57d598b641dad1d")
}

// UnpackInsufficientBalanceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InsufficientBalance(uint256 balance, uint256 needed)
func (devUSDC *DevUSDC) UnpackInsufficientBalanceError(raw []byte) (*DevUSDCInsufficientBalance, error) {
	out := new(DevUSDCInsufficientBalance)
	if err := devUSDC.abi.UnpackIntoInterface(out, "InsufficientBalance", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCInvalidSigner represents a InvalidSigner error raised by the DevUSDC contract.
type DevUSDCInvalidSigner struct {
	Recovered common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidSigner(address recovered)
func DevUSDCInvalidSignerErrorID() common.Hash {
	return common.HexToHash("0xbf18af4376e76b3bc6eff3f06259e7333a989b275646b90af2c119b5bf92ae45")
}

// UnpackInvalidSignerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidSigner(address recovered)
func (devUSDC *DevUSDC) UnpackInvalidSignerError(raw []byte) (*DevUSDCInvalidSigner, error) {
	out := new(DevUSDCInvalidSigner)
	if err := devUSDC.abi.UnpackIntoInterface(out, "InvalidSigner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCNotMinter represents a NotMinter error raised by the DevUSDC contract.
type DevUSDCNotMinter struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotMinter(address caller)
func DevUSDCNotMinterErrorID() common.Hash {
	return common.HexToHash("0x361c31f27e729a8322ec0a67a437cd1a685fbc0124c358ce2bac49ea8a779111")
}

// UnpackNotMinterError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotMinter(address caller)
func (devUSDC *DevUSDC) UnpackNotMinterError(raw []byte) (*DevUSDCNotMinter, error) {
	out := new(DevUSDCNotMinter)
	if err := devUSDC.abi.UnpackIntoInterface(out, "NotMinter", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCPermitExpired represents a PermitExpired error raised by the DevUSDC contract.
type DevUSDCPermitExpired struct {
	Deadline *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error PermitExpired(uint256 deadline)
func DevUSDCPermitExpiredErrorID() common.Hash {
	return common.HexToHash("0x9e96b26fa430cdb94aa7d06991102a0577730e9f5f52f05b4f010c56a086c2ad")
}

// UnpackPermitExpiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error PermitExpired(uint256 deadline)
func (devUSDC *DevUSDC) UnpackPermitExpiredError(raw []byte) (*DevUSDCPermitExpired, error) {
	out := new(DevUSDCPermitExpired)
	if err := devUSDC.abi.UnpackIntoInterface(out, "PermitExpired", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCSupplyCapExceeded represents a SupplyCapExceeded error raised by the DevUSDC contract.
type DevUSDCSupplyCapExceeded struct {
	Requested *big.Int
	Left      *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SupplyCapExceeded(uint256 requested, uint256 left)
func DevUSDCSupplyCapExceededErrorID() common.Hash {
	return common.HexToHash("0x4b344b11eba23caa214c65adbd2869e50bd62099a66779a6776501f75116ec93")
}

// UnpackSupplyCapExceededError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SupplyCapExceeded(uint256 requested, uint256 left)
func (devUSDC *DevUSDC) UnpackSupplyCapExceededError(raw []byte) (*DevUSDCSupplyCapExceeded, error) {
	out := new(DevUSDCSupplyCapExceeded)
	if err := devUSDC.abi.UnpackIntoInterface(out, "SupplyCapExceeded", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCTransferToToken represents a TransferToToken error raised by the DevUSDC contract.
type DevUSDCTransferToToken struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error TransferToToken()
func DevUSDCTransferToTokenErrorID() common.Hash {
	return common.HexToHash("0xc598853145cb96911afe8aeed869536952323d41605b7dfacb3fb44c03e64313")
}

// UnpackTransferToTokenError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error TransferToToken()
func (devUSDC *DevUSDC) UnpackTransferToTokenError(raw []byte) (*DevUSDCTransferToToken, error) {
	out := new(DevUSDCTransferToToken)
	if err := devUSDC.abi.UnpackIntoInterface(out, "TransferToToken", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCTransfersPaused represents a TransfersPaused error raised by the DevUSDC contract.
type DevUSDCTransfersPaused struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error TransfersPaused()
func DevUSDCTransfersPausedErrorID() common.Hash {
	return common.HexToHash("0x6ab17e0521a1719e9f6ebbe49a4697e0eb5035580c5e4867e1e18000ba69e398")
}

// UnpackTransfersPausedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error TransfersPaused()
func (devUSDC *DevUSDC) UnpackTransfersPausedError(raw []byte) (*DevUSDCTransfersPaused, error) {
	out := new(DevUSDCTransfersPaused)
	if err := devUSDC.abi.UnpackIntoInterface(out, "TransfersPaused", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// DevUSDCZeroAddress represents a ZeroAddress error raised by the DevUSDC contract.
type DevUSDCZeroAddress struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ZeroAddress()
func DevUSDCZeroAddressErrorID() common.Hash {
	return common.HexToHash("0xd92e233df2717d4a40030e20904abd27b68fcbeede117eaaccbbdac9618c8c73")
}

// UnpackZeroAddressError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ZeroAddress()
func (devUSDC *DevUSDC) UnpackZeroAddressError(raw []byte) (*DevUSDCZeroAddress, error) {
	out := new(DevUSDCZeroAddress)
	if err := devUSDC.abi.UnpackIntoInterface(out, "ZeroAddress", raw); err != nil {
		return nil, err
	}
	return out, nil
}
