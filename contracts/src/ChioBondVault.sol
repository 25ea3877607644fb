// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Bonds that arbiters can hold and slash
/// @notice A principal locks tokens under terms that never change: who judges, how
/// many of them, until when, and how long a slash can be appealed. Arbiters decide
/// by signatures that anyone may submit; whoever is owed tokens takes them itself.
/// There is no owner, no upgrade and no pause.
/// @dev A bond's id hashes chain, contract and terms; the caller presents the terms.
/// Every decision names the bond's sequence number, which each accepted decision
/// raises, so none works twice. No bond is trapped: what is neither slashed nor held
/// can be released from `expiresAt` on, nothing is held or proposed past
/// `expiresAt + MAX_HOLD_SECONDS`, and a proposal ends after its appeal window,
/// which the principal may double once. Tokens must move by exactly the amounts
/// stated; rebasing tokens are not supported.
contract ChioBondVault is EIP712 {
    using SafeERC20 for IERC20;

    /// @notice What a bond is; amounts in token units, times in unix seconds.
    /// @dev `arbiters` ascend strictly; `threshold` of them decide.
    struct Terms {
        address principal;
        address token;
        uint96 amount;
        uint64 expiresAt;
        uint64 appealSeconds;
        uint8 threshold;
        address[] arbiters;
        bytes32 salt;
    }

    /// @notice The state of a bond. `remaining` is what is neither released nor
    /// slashed, `held` the part of it that is not released before `heldUntil`.
    struct Bond {
        uint96 remaining;
        uint96 held;
        uint40 heldUntil;
        uint16 sequence;
        bool locked;
    }

    /// @notice A slash in its appeal window; `distribution` is zero if there is none.
    struct Proposal {
        bytes32 distribution;
        uint96 amount;
        uint64 readyAt;
        bool appealed;
    }

    /// @notice One beneficiary's part of a slash.
    struct Share {
        address beneficiary;
        uint96 amount;
    }

    /// @notice One arbiter's signature, by its place in the terms.
    struct Approval {
        uint8 arbiter;
        bytes signature;
    }

    /// @notice The EIP-712 type of a hold, as arbiters sign it.
    bytes32 public constant HOLD_TYPEHASH =
        keccak256("Hold(bytes32 bond,uint16 sequence,uint96 amount,uint64 until,bytes32 evidence)");
    /// @notice The EIP-712 type of a slash.
    bytes32 public constant SLASH_TYPEHASH =
        keccak256("Slash(bytes32 bond,uint16 sequence,uint96 amount,bytes32 distribution,bytes32 evidence)");
    /// @notice The EIP-712 type of taking a slash back.
    bytes32 public constant OVERTURN_TYPEHASH = keccak256("Overturn(bytes32 bond,uint16 sequence,bytes32 evidence)");
    /// @notice The EIP-712 type of a release before the expiry.
    bytes32 public constant RELEASE_TYPEHASH = keccak256("Release(bytes32 bond,uint16 sequence,uint96 amount)");

    /// @notice How many arbiters a bond may have.
    uint256 public constant MAX_ARBITERS = 16;
    /// @notice How many beneficiaries a slash may have.
    uint256 public constant MAX_SHARES = 16;
    /// @notice The shortest appeal window.
    uint64 public constant MIN_APPEAL_SECONDS = 1 hours;
    /// @notice The longest appeal window.
    uint64 public constant MAX_APPEAL_SECONDS = 30 days;
    /// @notice How long after a bond's expiry a hold may last and a slash begin.
    uint64 public constant MAX_HOLD_SECONDS = 90 days;
    /// @notice How far ahead a bond may expire.
    uint64 public constant MAX_TERM_SECONDS = 3660 days;

    /// @notice State by bond id.
    mapping(bytes32 id => Bond state) public bonds;
    /// @notice The slash under way, by bond id.
    mapping(bytes32 id => Proposal slash) public proposals;
    /// @notice What an account may take, by token.
    mapping(address token => mapping(address account => uint256 amount)) public credits;

    /// @notice A bond began.
    event Locked(bytes32 indexed id, address indexed principal, address indexed token, uint256 amount, uint256 expiresAt);
    /// @notice Arbiters changed what is held.
    event Held(bytes32 indexed id, bytes32 indexed evidence, uint256 amount, uint256 until);
    /// @notice Arbiters proposed a slash; it can be overturned until `readyAt`.
    event SlashProposed(bytes32 indexed id, bytes32 indexed evidence, uint256 amount, Share[] shares, uint256 readyAt);
    /// @notice The principal took its one extension of the window.
    event Appealed(bytes32 indexed id, uint256 readyAt);
    /// @notice Arbiters took a proposal back.
    event Overturned(bytes32 indexed id, bytes32 indexed evidence);
    /// @notice A slash took effect.
    event Slashed(bytes32 indexed id, uint256 amount);
    /// @notice A part of a bond went back to its principal.
    event Released(bytes32 indexed id, uint256 amount);
    /// @notice An account took its credit.
    event Withdrawn(address indexed token, address indexed account, address to, uint256 amount);

    /// @notice A term is out of its bounds.
    error BadTerms();
    /// @notice The bond was locked before.
    error AlreadyLocked();
    /// @notice No such bond is locked.
    error NotLocked();
    /// @notice The token moved another amount than it was asked to.
    error DepositMismatch(uint256 expected, uint256 received);
    /// @notice Too few approvals, or not in the order of the terms.
    error NotEnoughArbiters(uint256 given, uint256 threshold);
    /// @notice An approval is not that arbiter's signature.
    error BadArbiter(uint256 arbiter);
    /// @notice The amount is zero or above what is left.
    error BadAmount(uint256 amount, uint256 available);
    /// @notice The time is past, or beyond the bounds of the bond.
    error BadTime(uint256 time);
    /// @notice The shares are not those proposed, too many, or one is nobody's.
    error BadDistribution();
    /// @notice A slash is under way.
    error SlashUnderWay(uint256 readyAt);
    /// @notice No slash is under way, or its window is over.
    error NothingProposed();
    /// @notice The window is not over.
    error WindowOpen(uint256 readyAt);
    /// @notice Only the principal may do this.
    error NotPrincipal(address caller);
    /// @notice Nothing can be released or taken now.
    error NothingDue();

    constructor() EIP712("ChioBondVault", "1") {}

    /// @notice Locks the principal's tokens, which it allowed this contract to take.
    function lock(Terms calldata t) external returns (bytes32 id) {
        require(msg.sender == t.principal, NotPrincipal(msg.sender));
        _checkTerms(t);
        id = bondId(t);
        require(!bonds[id].locked, AlreadyLocked());
        bonds[id] = Bond({remaining: t.amount, held: 0, heldUntil: 0, sequence: 0, locked: true});
        emit Locked(id, t.principal, t.token, t.amount, t.expiresAt);
        uint256 before = IERC20(t.token).balanceOf(address(this));
        IERC20(t.token).safeTransferFrom(t.principal, address(this), t.amount);
        uint256 received = IERC20(t.token).balanceOf(address(this)) - before;
        require(received == t.amount, DepositMismatch(t.amount, received));
    }

    /// @notice Holds an amount until a time, in place of what was held before; zero
    /// ends the hold.
    function hold(Terms calldata t, uint96 amount, uint64 until, bytes32 evidence, Approval[] calldata approvals)
        external
    {
        (bytes32 id, Bond memory b) = _open(t);
        require(amount <= b.remaining, BadAmount(amount, b.remaining));
        require(amount == 0 || (until > block.timestamp && until <= t.expiresAt + MAX_HOLD_SECONDS), BadTime(until));
        _checkArbiters(t, keccak256(abi.encode(HOLD_TYPEHASH, id, b.sequence, amount, until, evidence)), approvals);
        b.held = amount;
        b.heldUntil = amount == 0 ? 0 : uint40(until);
        b.sequence += 1;
        bonds[id] = b;
        emit Held(id, evidence, amount, b.heldUntil);
    }

    /// @notice Begins the appeal window of a slash of what the shares sum up to.
    function proposeSlash(Terms calldata t, Share[] calldata shares, bytes32 evidence, Approval[] calldata approvals)
        external
    {
        (bytes32 id, Bond memory b) = _open(t);
        require(proposals[id].distribution == 0, SlashUnderWay(proposals[id].readyAt));
        uint96 amount = _sum(shares);
        bytes32 distribution = distributionHash(shares);
        require(amount != 0 && amount <= b.remaining, BadAmount(amount, b.remaining));
        require(block.timestamp <= t.expiresAt + MAX_HOLD_SECONDS, BadTime(block.timestamp));
        _checkArbiters(
            t, keccak256(abi.encode(SLASH_TYPEHASH, id, b.sequence, amount, distribution, evidence)), approvals
        );
        bonds[id].sequence = b.sequence + 1;
        uint64 readyAt = uint64(block.timestamp) + t.appealSeconds;
        proposals[id] = Proposal({distribution: distribution, amount: amount, readyAt: readyAt, appealed: false});
        emit SlashProposed(id, evidence, amount, shares, readyAt);
    }

    /// @notice Doubles the window of a slash, once, for its principal.
    function appeal(Terms calldata t) external {
        require(msg.sender == t.principal, NotPrincipal(msg.sender));
        (bytes32 id,) = _open(t);
        Proposal storage p = proposals[id];
        require(p.distribution != 0 && block.timestamp < p.readyAt && !p.appealed, NothingProposed());
        p.readyAt += t.appealSeconds;
        p.appealed = true;
        emit Appealed(id, p.readyAt);
    }

    /// @notice Takes a proposed slash back within its window.
    function overturn(Terms calldata t, bytes32 evidence, Approval[] calldata approvals) external {
        (bytes32 id, Bond memory b) = _open(t);
        Proposal storage p = proposals[id];
        require(p.distribution != 0 && block.timestamp < p.readyAt, NothingProposed());
        _checkArbiters(t, keccak256(abi.encode(OVERTURN_TYPEHASH, id, b.sequence, evidence)), approvals);
        bonds[id].sequence = b.sequence + 1;
        delete proposals[id];
        emit Overturned(id, evidence);
    }

    /// @notice Credits the beneficiaries of a slash whose window is over; anyone may
    /// submit.
    function finalizeSlash(Terms calldata t, Share[] calldata shares) external {
        (bytes32 id, Bond memory b) = _open(t);
        Proposal memory p = proposals[id];
        require(p.distribution != 0, NothingProposed());
        require(block.timestamp >= p.readyAt, WindowOpen(p.readyAt));
        require(distributionHash(shares) == p.distribution, BadDistribution());
        delete proposals[id];
        b.remaining -= p.amount; // a proposal keeps its amount from being released
        b.held = b.held > p.amount ? b.held - p.amount : 0; // and takes what is held first
        bonds[id] = b;
        for (uint256 i = 0; i < shares.length; ++i) {
            credits[t.token][shares[i].beneficiary] += shares[i].amount;
        }
        emit Slashed(id, p.amount);
    }

    /// @notice Credits the principal with what is neither held nor under a proposal,
    /// from the expiry on; anyone may submit.
    function release(Terms calldata t) external {
        (bytes32 id, Bond memory b) = _open(t);
        require(block.timestamp >= t.expiresAt, BadTime(block.timestamp));
        uint256 amount = _free(id, b);
        require(amount != 0, NothingDue());
        _release(t, id, b, uint96(amount));
    }

    /// @notice Credits the principal before the expiry, by decision of the arbiters.
    function releaseEarly(Terms calldata t, uint96 amount, Approval[] calldata approvals) external {
        (bytes32 id, Bond memory b) = _open(t);
        uint256 free = _free(id, b);
        require(amount != 0 && amount <= free, BadAmount(amount, free));
        _checkArbiters(t, keccak256(abi.encode(RELEASE_TYPEHASH, id, b.sequence, amount)), approvals);
        b.sequence += 1;
        _release(t, id, b, amount);
    }

    /// @notice Pays the caller its credit, to an address of its choice.
    function withdraw(address token, address to) external {
        uint256 amount = credits[token][msg.sender];
        require(amount != 0, NothingDue());
        credits[token][msg.sender] = 0;
        emit Withdrawn(token, msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @notice The id of a bond on this chain and contract.
    function bondId(Terms calldata t) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), t));
    }

    /// @notice What a slash names its beneficiaries by.
    function distributionHash(Share[] calldata shares) public pure returns (bytes32) {
        return keccak256(abi.encode(shares));
    }

    /// @notice The EIP-712 domain separator of this contract.
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function _checkTerms(Terms calldata t) private view {
        uint256 n = t.arbiters.length;
        require(
            t.principal != address(0) && t.token != address(0) && t.amount != 0 && n != 0 && n <= MAX_ARBITERS
                && t.threshold != 0 && t.threshold <= n && t.appealSeconds >= MIN_APPEAL_SECONDS
                && t.appealSeconds <= MAX_APPEAL_SECONDS && t.expiresAt > block.timestamp
                && t.expiresAt <= block.timestamp + MAX_TERM_SECONDS,
            BadTerms()
        );
        address last = address(0);
        for (uint256 i = 0; i < n; ++i) {
            require(t.arbiters[i] > last && t.arbiters[i] != t.principal, BadTerms());
            last = t.arbiters[i];
        }
    }

    function _sum(Share[] calldata shares) private view returns (uint96 sum) {
        require(shares.length <= MAX_SHARES, BadDistribution());
        for (uint256 i = 0; i < shares.length; ++i) {
            address to = shares[i].beneficiary;
            require(to != address(0) && to != address(this), BadDistribution());
            sum += shares[i].amount;
        }
    }

    function _open(Terms calldata t) private view returns (bytes32 id, Bond memory b) {
        id = bondId(t);
        b = bonds[id];
        require(b.locked, NotLocked());
    }

    /// @dev What no hold and no proposal keeps.
    function _free(bytes32 id, Bond memory b) private view returns (uint256) {
        uint256 kept = block.timestamp < b.heldUntil ? b.held : 0;
        uint256 proposed = proposals[id].amount;
        if (proposed > kept) {
            kept = proposed; // a slash takes what is held first
        }
        return b.remaining - kept;
    }

    function _release(Terms calldata t, bytes32 id, Bond memory b, uint96 amount) private {
        b.remaining -= amount;
        if (b.held > b.remaining) {
            b.held = b.remaining;
        }
        bonds[id] = b;
        credits[t.token][t.principal] += amount;
        emit Released(id, amount);
    }

    /// @dev Exactly the approvals needed, in the order of the terms, so that no
    /// arbiter counts twice.
    function _checkArbiters(Terms calldata t, bytes32 decision, Approval[] calldata approvals) private view {
        require(approvals.length == t.threshold, NotEnoughArbiters(approvals.length, t.threshold));
        bytes32 digest = _hashTypedDataV4(decision);
        uint256 next = 0;
        for (uint256 i = 0; i < approvals.length; ++i) {
            uint256 arbiter = approvals[i].arbiter;
            require(arbiter >= next && arbiter < t.arbiters.length, BadArbiter(arbiter));
            require(
                SignatureChecker.isValidSignatureNow(t.arbiters[arbiter], digest, approvals[i].signature),
                BadArbiter(arbiter)
            );
            next = arbiter + 1;
        }
    }
}
