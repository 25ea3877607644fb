// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Receiving by authorization
/// @notice The part of EIP-3009 that funding uses.
interface IReceiveWithAuthorization {
    /// @notice Moves tokens that `from` authorised by signature to the caller, who must be `to`.
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
    ) external;

    /// @notice The same, with a signature that a contract may check (ERC-1271).
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}

/// @title Directed payment channels between organisations
/// @notice One channel holds tokens of one payer for one payee. The payer signs
/// cumulative vouchers, each naming the settlement statement it pays; redeeming
/// one pays the difference to what was paid before. There is no owner, no
/// upgrade and no pause: tokens leave a channel only to its payee against a
/// voucher, or to its payer after the grace period of a close or with the
/// payee's signature. A payer or payee may be a contract that checks signatures
/// (ERC-1271); such a payer can revoke what it signed, so its payee trusts it.
/// @dev Everything a channel may do is bound by its id, which hashes chain,
/// contract, payer, payee, token and salt; the caller presents the preimage.
/// The state of a channel is one storage slot. `settled` never decreases, also
/// not across a close and a later funding, so no voucher ever pays twice.
/// Deposits of one token are pooled, and accounting relies on the token's
/// balance moving by exactly the stated amount at deposit; rebasing tokens are
/// not supported.
contract ChioChannel is EIP712 {
    using SafeERC20 for IERC20;

    /// @notice What a channel id is made of.
    struct Params {
        address payer;
        address payee;
        address token;
        bytes32 salt;
    }

    /// @notice The whole state of a channel, in token units and unix seconds
    /// (until 2106). `epoch` counts its ends, so that consent to one is no
    /// consent to a later one.
    struct Channel {
        uint96 deposited;
        uint96 settled;
        uint32 closeAt;
        uint32 epoch;
    }

    /// @notice One voucher of a batch.
    /// @dev Only ever in calldata, where nothing is packed.
    // solhint-disable-next-line gas-struct-packing
    struct Claim {
        address payer;
        bytes32 salt;
        uint96 cumulative;
        bytes32 statement;
        bytes signature;
    }

    /// @notice A token authorization of the payer (EIP-3009) for one deposit.
    /// Its nonce is `depositNonce(id, sequence)`.
    struct Authorization {
        uint256 validAfter;
        uint256 validBefore;
        uint256 sequence;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice The EIP-712 type of a voucher.
    bytes32 public constant VOUCHER_TYPEHASH =
        keccak256("Voucher(bytes32 channel,uint96 cumulative,bytes32 statement)");
    /// @notice The EIP-712 type of a payee's consent to end a channel at once.
    bytes32 public constant CLOSE_TYPEHASH = keccak256(
        "CooperativeClose(bytes32 channel,uint96 cumulative,bytes32 statement,uint32 epoch,uint64 validUntil)"
    );
    /// @notice The shortest grace period: the payee must have time to notice a close.
    uint64 public constant MIN_GRACE_SECONDS = 1 hours;
    /// @notice The longest grace period.
    uint64 public constant MAX_GRACE_SECONDS = 30 days;

    /// @dev Half the order of secp256k1: a low s is at most this (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    bytes32 private constant LOW_255_BITS = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @notice Seconds between a close and the earliest withdrawal.
    uint64 public immutable GRACE_SECONDS;

    /// @notice State by channel id.
    mapping(bytes32 id => Channel state) public channels;

    /// @notice Tokens entered a channel.
    event Funded(bytes32 indexed id, address indexed payer, address indexed payee, uint256 amount, uint256 deposited);
    /// @notice A voucher was paid.
    event Redeemed(bytes32 indexed id, bytes32 indexed statement, uint256 cumulative, uint256 paid);
    /// @notice The payer announced to leave; vouchers must be redeemed before `closeAt`.
    event Closing(bytes32 indexed id, uint256 closeAt);
    /// @notice The payer got the rest back.
    event Withdrawn(bytes32 indexed id, uint256 amount);

    /// @notice The grace period is outside its bounds.
    error GraceOutOfBounds(uint256 graceSeconds);
    /// @notice An address of the channel is zero, or payer and payee are the same.
    error BadParty();
    /// @notice A deposit of zero, or one that overflows the channel.
    error BadAmount(uint256 amount);
    /// @notice The token moved another amount than it was asked to.
    error DepositMismatch(uint256 expected, uint256 received);
    /// @notice The channel is closing and accepts no deposit and no second close.
    error ChannelClosing(uint256 closeAt);
    /// @notice The voucher is not above what was already paid.
    error AlreadySettled(uint256 cumulative, uint256 settled);
    /// @notice The voucher is above what was deposited.
    error ExceedsDeposit(uint256 cumulative, uint256 deposited);
    /// @notice The signature is malformed, malleable, or not of the party that had
    /// to sign; `recovered` is zero unless it is somebody else's.
    error BadSigner(address recovered);
    /// @notice The payee's consent is over.
    error ConsentExpired(uint256 validUntil);
    /// @notice No claim of the batch adds anything.
    error NothingToPay();
    /// @notice Only the payer may do this.
    error NotPayer(address caller);
    /// @notice The channel holds nothing.
    error NothingHeld();
    /// @notice The channel is not closing, or its grace period is not over.
    error NotWithdrawable(uint256 closeAt);

    /// @notice Sets the grace period of every channel.
    /// @param graceSeconds seconds between a close and the earliest withdrawal
    constructor(uint64 graceSeconds) EIP712("ChioChannel", "1") {
        require(
            graceSeconds >= MIN_GRACE_SECONDS && graceSeconds <= MAX_GRACE_SECONDS, GraceOutOfBounds(graceSeconds)
        );
        GRACE_SECONDS = graceSeconds;
    }

    /// @notice Deposits tokens of the caller, who allowed this contract to take them.
    function fund(Params calldata p, uint256 amount) external {
        uint256 before = _credit(p, channelId(p), amount);
        IERC20(p.token).safeTransferFrom(msg.sender, address(this), amount);
        _checkReceived(p.token, before, amount);
    }

    /// @notice Deposits tokens of the payer against an EIP-3009 authorization;
    /// anyone may submit it. The nonce is derived from the channel, so that an
    /// authorization cannot fund another channel.
    function fundWithAuthorization(Params calldata p, uint256 amount, Authorization calldata a) external {
        bytes32 id = channelId(p);
        uint256 before = _credit(p, id, amount);
        IReceiveWithAuthorization(p.token).receiveWithAuthorization(
            p.payer,
            address(this),
            amount,
            a.validAfter,
            a.validBefore,
            depositNonce(id, a.sequence),
            a.v,
            a.r,
            a.s
        );
        _checkReceived(p.token, before, amount);
    }

    /// @notice As fundWithAuthorization, with the token's form of the authorization
    /// that a payer which is a contract can sign.
    function fundWithSignature(
        Params calldata p,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        uint256 sequence,
        bytes calldata signature
    ) external {
        bytes32 id = channelId(p);
        uint256 before = _credit(p, id, amount);
        IReceiveWithAuthorization(p.token).receiveWithAuthorization(
            p.payer, address(this), amount, validAfter, validBefore, depositNonce(id, sequence), signature
        );
        _checkReceived(p.token, before, amount);
    }

    /// @notice Pays the payee what a voucher adds to the vouchers before it.
    /// Anyone may submit; the payee is fixed by the channel.
    /// @param signature 64 bytes (EIP-2098) or 65 bytes r‖s‖v of the payer, or what
    /// a payer that is a contract takes
    function redeem(Params calldata p, uint96 cumulative, bytes32 statement, bytes calldata signature) external {
        bytes32 id = channelId(p);
        uint256 paid = _settle(id, p.payer, cumulative, statement, signature);
        require(paid != 0, AlreadySettled(cumulative, channels[id].settled));
        IERC20(p.token).safeTransfer(p.payee, paid);
    }

    /// @notice Pays one payee what vouchers of many channels in one token add, in
    /// one transfer. A voucher that adds nothing is passed over, since anybody may
    /// have redeemed it before; any other fault refuses the whole batch.
    function redeemMany(address payee, address token, Claim[] calldata claims) external {
        uint256 total = 0;
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata k = claims[i];
            total += _settle(_id(k.payer, payee, token, k.salt), k.payer, k.cumulative, k.statement, k.signature);
        }
        require(total != 0, NothingToPay());
        IERC20(token).safeTransfer(payee, total);
    }

    /// @notice Ends a channel at once: the payee gets what it agreed to be owed in
    /// total, the payer the rest. Only the payer may submit, since what the payee
    /// says it is owed is not signed by the payer.
    /// @param statement the settlement statement of a payment that this makes
    /// @param validUntil unix seconds after which the consent is over
    /// @param consent the payee's signature of closeDigest
    function closeWithConsent(
        Params calldata p,
        uint96 cumulative,
        bytes32 statement,
        uint64 validUntil,
        bytes calldata consent
    ) external {
        require(msg.sender == p.payer, NotPayer(msg.sender));
        require(block.timestamp <= validUntil, ConsentExpired(validUntil));
        bytes32 id = channelId(p);
        Channel memory c = channels[id];
        require(cumulative >= c.settled, AlreadySettled(cumulative, c.settled));
        require(cumulative <= c.deposited, ExceedsDeposit(cumulative, c.deposited));
        require(c.deposited > c.settled, NothingHeld());
        _checkSigner(p.payee, closeDigest(id, cumulative, statement, c.epoch, validUntil), consent);

        uint256 paid = cumulative - c.settled;
        uint256 rest = c.deposited - cumulative;
        channels[id] = Channel({deposited: cumulative, settled: cumulative, closeAt: 0, epoch: c.epoch + 1});
        if (paid != 0) {
            emit Redeemed(id, statement, cumulative, paid);
            IERC20(p.token).safeTransfer(p.payee, paid);
        }
        emit Withdrawn(id, rest);
        if (rest != 0) {
            IERC20(p.token).safeTransfer(p.payer, rest);
        }
    }

    /// @notice Starts the grace period after which the payer gets the rest back.
    function close(Params calldata p) external {
        require(msg.sender == p.payer, NotPayer(msg.sender));
        bytes32 id = channelId(p);
        Channel storage c = channels[id];
        require(c.closeAt == 0, ChannelClosing(c.closeAt));
        require(c.deposited > c.settled, NothingHeld());
        uint64 closeAt = uint64(block.timestamp) + GRACE_SECONDS;
        c.closeAt = uint32(closeAt);
        emit Closing(id, closeAt);
    }

    /// @notice Returns the rest to the payer once the grace period is over.
    /// The channel may be funded again later; what was settled stays settled.
    function withdraw(Params calldata p) external {
        bytes32 id = channelId(p);
        Channel memory c = channels[id];
        require(c.closeAt != 0 && block.timestamp >= c.closeAt, NotWithdrawable(c.closeAt));
        uint256 rest = c.deposited - c.settled;
        c.deposited = c.settled;
        c.closeAt = 0;
        c.epoch += 1;
        channels[id] = c;
        emit Withdrawn(id, rest);
        IERC20(p.token).safeTransfer(p.payer, rest);
    }

    /// @notice The id of a channel on this chain and contract.
    function channelId(Params calldata p) public view returns (bytes32) {
        return _id(p.payer, p.payee, p.token, p.salt);
    }

    /// @notice The EIP-3009 nonce of the deposit with the given sequence number.
    function depositNonce(bytes32 id, uint256 sequence) public pure returns (bytes32) {
        return keccak256(abi.encode(id, sequence));
    }

    /// @notice The EIP-712 digest the payer signs.
    function voucherDigest(bytes32 id, uint96 cumulative, bytes32 statement) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(VOUCHER_TYPEHASH, id, cumulative, statement)));
    }

    /// @notice The EIP-712 digest by which a payee consents to an end.
    function closeDigest(bytes32 id, uint96 cumulative, bytes32 statement, uint32 epoch, uint64 validUntil)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(CLOSE_TYPEHASH, id, cumulative, statement, epoch, validUntil)));
    }

    /// @notice The EIP-712 domain separator of this contract.
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @dev Books a deposit and returns the token balance before it arrives. The
    /// caller pulls the tokens and checks the balance afterwards; a mismatch
    /// undoes the booking.
    function _credit(Params calldata p, bytes32 id, uint256 amount) private returns (uint256 before) {
        require(
            p.payer != address(0) && p.payee != address(0) && p.payer != p.payee && p.payee != address(this),
            BadParty()
        );
        Channel storage c = channels[id];
        require(c.closeAt == 0, ChannelClosing(c.closeAt));
        uint256 deposited = amount + c.deposited;
        require(amount != 0 && amount <= type(uint96).max && deposited <= type(uint96).max, BadAmount(amount));
        c.deposited = uint96(deposited);
        emit Funded(id, p.payer, p.payee, amount, deposited);
        return IERC20(p.token).balanceOf(address(this));
    }

    function _checkReceived(address token, uint256 before, uint256 amount) private view {
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        require(received == amount, DepositMismatch(amount, received));
    }

    function _id(address payer, address payee, address token, bytes32 salt) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), payer, payee, token, salt));
    }

    /// @dev Books a voucher and returns what it adds, 0 if nothing; the caller
    /// moves the tokens.
    function _settle(
        bytes32 id,
        address payer,
        uint96 cumulative,
        bytes32 statement,
        bytes calldata signature
    ) private returns (uint256) {
        Channel storage c = channels[id];
        (uint96 deposited, uint96 settled) = (c.deposited, c.settled);
        if (cumulative <= settled) {
            return 0;
        }
        require(cumulative <= deposited, ExceedsDeposit(cumulative, deposited));
        _checkSigner(payer, voucherDigest(id, cumulative, statement), signature);
        c.settled = cumulative;
        uint256 paid = cumulative - settled;
        emit Redeemed(id, statement, cumulative, paid);
        return paid;
    }

    /// @dev A party with a key signs in 64 bytes (EIP-2098) or 65, with a low s.
    /// Its code is looked at only if that fails, so that keys pay nothing for
    /// contracts. What a contract says is asked for by a static call.
    function _checkSigner(address party, bytes32 digest, bytes calldata signature) private view {
        address signer = _recover(digest, signature);
        if (signer == party && party != address(0)) {
            return;
        }
        require(
            party.code.length != 0 && SignatureChecker.isValidERC1271SignatureNow(party, digest, signature),
            BadSigner(signer)
        );
    }

    /// @dev The account that made a signature, zero if it is malformed or
    /// malleable: a high s would be a second signature of the same digest.
    function _recover(bytes32 digest, bytes calldata signature) private pure returns (address) {
        bytes32 r;
        bytes32 s;
        uint8 v;
        if (signature.length == 64) {
            r = bytes32(signature[0:32]);
            s = bytes32(signature[32:64]);
            v = uint8(uint256(s) >> 255) + 27;
            s = s & LOW_255_BITS;
        } else if (signature.length == 65) {
            r = bytes32(signature[0:32]);
            s = bytes32(signature[32:64]);
            v = uint8(signature[64]);
        } else {
            return address(0);
        }
        return uint256(s) > HALF_ORDER ? address(0) : ecrecover(digest, v, r, s);
    }
}
