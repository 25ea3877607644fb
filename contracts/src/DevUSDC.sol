// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A USDC-like token for development chains
/// @notice EIP-20 with 6 decimals, EIP-2612 and EIP-3009, written from the texts of
/// the standards, with the domain name and version of USDC. Not for real value: its
/// minter creates tokens at will up to a cap.
/// @dev Used behind DevProxy, so that gas resembles the real token.
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

    error AlreadyInitialized();
    error NotMinter(address caller);
    error SupplyCapExceeded(uint256 requested, uint256 left);
    error TransfersPaused();
    error AccountFrozen(address account);
    error ZeroAddress();
    error TransferToToken();
    error InsufficientBalance(uint256 balance, uint256 needed);
    error InsufficientAllowance(uint256 allowed, uint256 needed);
    error AuthorizationNotYetValid(uint256 validAfter);
    error AuthorizationExpired(uint256 validBefore);
    error AuthorizationUsedOrCanceled(bytes32 nonce);
    error CallerMustBePayee(address caller);
    error InvalidSigner(address recovered);
    error PermitExpired(uint256 deadline);

    /// @notice Names the minter, once.
    function initialize(address firstMinter) external {
        require(minter == address(0), AlreadyInitialized());
        require(firstMinter != address(0), ZeroAddress());
        minter = firstMinter;
    }

    /// @notice Creates tokens.
    function mint(address to, uint256 value) external {
        require(msg.sender == minter, NotMinter(msg.sender));
        require(to != address(0), ZeroAddress());
        uint256 left = SUPPLY_CAP - totalSupply;
        require(value <= left, SupplyCapExceeded(value, left));
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// @notice Stops or resumes transfers, as the issuer of the real token can.
    function setPaused(bool stop) external {
        require(msg.sender == minter, NotMinter(msg.sender));
        paused = stop;
        emit Paused(stop);
    }

    /// @notice Freezes or frees an account.
    function setFrozen(address account, bool stop) external {
        require(msg.sender == minter, NotMinter(msg.sender));
        frozen[account] = stop;
        emit Frozen(account, stop);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        require(spender != address(0), ZeroAddress());
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, InsufficientAllowance(allowed, value));
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
        require(to == msg.sender, CallerMustBePayee(msg.sender));
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
        require(to == msg.sender, CallerMustBePayee(msg.sender));
        _useAuthorization(from, validAfter, validBefore, nonce);
        bytes32 message = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _checkSignature(from, message, signature);
        _transfer(from, to, value);
    }

    /// @notice EIP-3009: makes an unused authorization useless.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        require(!authorizationState[authorizer][nonce], AuthorizationUsedOrCanceled(nonce));
        _checkSigner(authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), v, r, s);
        authorizationState[authorizer][nonce] = true;
        emit AuthorizationCanceled(authorizer, nonce);
    }

    /// @notice EIP-2612: an allowance by signature.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        require(block.timestamp <= deadline, PermitExpired(deadline));
        require(spender != address(0), ZeroAddress());
        bytes32 message = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonces[owner]++, deadline));
        _checkSigner(owner, message, v, r, s);
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
        require(block.timestamp > validAfter, AuthorizationNotYetValid(validAfter));
        require(block.timestamp < validBefore, AuthorizationExpired(validBefore));
        require(!authorizationState[from][nonce], AuthorizationUsedOrCanceled(nonce));
        authorizationState[from][nonce] = true;
        emit AuthorizationUsed(from, nonce);
    }

    function _checkSigner(address signer, bytes32 message, uint8 v, bytes32 r, bytes32 s) private view {
        address got = ECDSA.recover(keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), message)), v, r, s);
        require(got == signer, InvalidSigner(got));
    }

    function _checkSignature(address signer, bytes32 message, bytes calldata signature) private view {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), message));
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), InvalidSigner(address(0)));
    }

    function _transfer(address from, address to, uint256 value) private {
        require(!paused, TransfersPaused());
        require(!frozen[from], AccountFrozen(from));
        require(!frozen[to], AccountFrozen(to));
        require(to != address(0) && from != address(0), ZeroAddress());
        require(to != address(this), TransferToToken());
        uint256 balance = balanceOf[from];
        require(balance >= value, InsufficientBalance(balance, value));
        unchecked {
            balanceOf[from] = balance - value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}
