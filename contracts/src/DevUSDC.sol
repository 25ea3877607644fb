// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The names and the words are those of the standards and of the real token, and
// what they mean stands there.
// solhint-disable const-name-snakecase, gas-custom-errors, reason-string, use-natspec

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A USDC-like token for development chains
/// @notice EIP-20 with 6 decimals, EIP-2612 and EIP-3009, written from the texts of
/// the standards, with the domain name and version of USDC. Not for real value: its
/// minter creates tokens at will up to a cap.
/// @dev Used behind DevProxy, so that gas resembles the real token. It refuses with
/// the words of FiatTokenV2_2, so that what reads them is tested with them.
contract DevUSDC {
    /// @notice EIP-20 and EIP-712 metadata.
    string public constant name = "USD Coin";
    string public constant symbol = "USDC";
    string public constant version = "2";
    uint8 public constant decimals = 6;

    /// @notice No more than this many units ever exist: ten billion USDC.
    uint256 public constant SUPPLY_CAP = 10_000_000_000 * 1e6;

    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @notice Who may mint and pause, and whether transfers are stopped.
    address public minter;
    bool public paused;
    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    /// @notice Whether an authorization was used or cancelled.
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;
    /// @notice Accounts that can neither pay nor be paid, as the real issuer can decree.
    mapping(address account => bool) public frozen;
    /// @notice Permits used, by owner (EIP-2612).
    mapping(address owner => uint256) public nonces;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
    event Paused(bool paused);
    event Frozen(address indexed account, bool frozen);

    // What only this token does is refused with an error of its own; everything else
    // with the words of the real token, which whoever pays with it meets.
    error AlreadyInitialized();
    error SupplyCapExceeded(uint256 requested, uint256 left);
    error ZeroAddress();

    /// @notice Names the minter, once.
    function initialize(address firstMinter) external {
        require(minter == address(0), AlreadyInitialized());
        require(firstMinter != address(0), ZeroAddress());
        minter = firstMinter;
    }

    /// @notice Creates tokens.
    function mint(address to, uint256 value) external {
        require(msg.sender == minter, "FiatToken: caller is not a minter");
        require(to != address(0), ZeroAddress());
        uint256 left = SUPPLY_CAP - totalSupply;
        require(value <= left, SupplyCapExceeded(value, left));
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// @notice Stops or resumes transfers, as the issuer of the real token can.
    function setPaused(bool stop) external {
        require(msg.sender == minter, "Pausable: caller is not the pauser");
        paused = stop;
        emit Paused(stop);
    }

    /// @notice Freezes or frees an account.
    function setFrozen(address account, bool stop) external {
        require(msg.sender == minter, "Blacklistable: caller is not the blacklister");
        frozen[account] = stop;
        emit Frozen(account, stop);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        require(spender != address(0), "ERC20: approve to the zero address");
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "ERC20: transfer amount exceeds allowance");
        allowance[from][msg.sender] = allowed - value;
        _transfer(from, to, value);
        return true;
    }

    /// @notice EIP-3009: anyone may submit.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _useAuthorization(from, validAfter, validBefore, nonce);
        bytes32 message = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSigner(from, message, v, r, s);
        _transfer(from, to, value);
    }

    /// @notice The same, with a signature that a contract may check (ERC-1271).
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _useAuthorization(from, validAfter, validBefore, nonce);
        bytes32 message = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSignature(from, message, signature);
        _transfer(from, to, value);
    }

    /// @notice EIP-3009: only the payee may submit.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(to == msg.sender, "FiatTokenV2: caller must be the payee");
        _useAuthorization(from, validAfter, validBefore, nonce);
        bytes32 message = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSigner(from, message, v, r, s);
        _transfer(from, to, value);
    }

    /// @notice The same, with a signature that a contract may check (ERC-1271).
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        require(to == msg.sender, "FiatTokenV2: caller must be the payee");
        _useAuthorization(from, validAfter, validBefore, nonce);
        bytes32 message = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSignature(from, message, signature);
        _transfer(from, to, value);
    }

    /// @notice EIP-3009: makes an unused authorization useless.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        require(!authorizationState[authorizer][nonce], "FiatTokenV2: authorization is used or canceled");
        _checkSigner(authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), v, r, s);
        authorizationState[authorizer][nonce] = true;
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @notice EIP-2612: an allowance by signature.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        require(block.timestamp <= deadline, "FiatTokenV2: permit is expired");
        require(spender != address(0), "ERC20: approve to the zero address");
        bytes32 message = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonces[owner]++, deadline));
        require(_signed(owner, message, v, r, s), "EIP2612: invalid signature");
        allowance[owner][spender] = value;
        emit Approval(owner, spender, value);
    }

    /// @notice The EIP-712 domain of the token at its address on this chain.
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256(bytes(version)), block.chainid, address(this)
            )
        );
    }

    function _useAuthorization(address from, uint256 validAfter, uint256 validBefore, bytes32 nonce) private {
        require(block.timestamp > validAfter, "FiatTokenV2: authorization is not yet valid");
        require(block.timestamp < validBefore, "FiatTokenV2: authorization is expired");
        require(!authorizationState[from][nonce], "FiatTokenV2: authorization is used or canceled");
        authorizationState[from][nonce] = true;
        emit AuthorizationUsed(from, nonce);
    }

    function _checkSigner(address signer, bytes32 message, uint8 v, bytes32 r, bytes32 s) private view {
        require(_signed(signer, message, v, r, s), "FiatTokenV2: invalid signature");
    }

    function _signed(address signer, bytes32 message, uint8 v, bytes32 r, bytes32 s) private view returns (bool) {
        (address got, ECDSA.RecoverError problem,) =
            ECDSA.tryRecover(keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), message)), v, r, s);
        return problem == ECDSA.RecoverError.NoError && got == signer;
    }

    function _checkSignature(address signer, bytes32 message, bytes calldata signature) private view {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), message));
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), "FiatTokenV2: invalid signature");
    }

    function _transfer(address from, address to, uint256 value) private {
        require(!paused, "Pausable: paused");
        require(!frozen[from] && !frozen[to], "Blacklistable: account is blacklisted");
        require(from != address(0), "ERC20: transfer from the zero address");
        require(to != address(0), "ERC20: transfer to the zero address");
        require(to != address(this), "Blacklistable: account is blacklisted"); // the real token has itself on its list
        uint256 balance = balanceOf[from];
        require(balance >= value, "ERC20: transfer amount exceeds balance");
        unchecked {
            balanceOf[from] = balance - value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}
