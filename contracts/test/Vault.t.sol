// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChioBondVault} from "../src/ChioBondVault.sol";
import {Counter, Vm} from "./Channel.t.sol";

/// @notice Three arbiters, two of whom decide, and what they sign.
abstract contract Arbiters {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 internal constant STRANGER = 99;

    ChioBondVault public immutable VAULT = new ChioBondVault();
    Counter public immutable TOKEN = new Counter();
    uint256[3] internal keys = [uint256(21), 22, 23];

    constructor() {
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (VM.addr(keys[j]) > VM.addr(keys[j + 1])) {
                    (keys[j], keys[j + 1]) = (keys[j + 1], keys[j]);
                }
            }
        }
    }

    function terms(uint256 n) public view returns (ChioBondVault.Terms memory t) {
        address[] memory arbiters = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            arbiters[i] = VM.addr(keys[i]);
        }
        t = ChioBondVault.Terms(address(this), address(TOKEN), 1000, 30 days, 1 hours, 2, arbiters, bytes32(n % 2));
    }

    /// @dev Approvals of two arbiters over a decision; a forged one has a stranger's
    /// signature, one arbiter twice, the two in the wrong order, or one only.
    function _approve(bytes32 decision, uint256 forgery) internal view returns (ChioBondVault.Approval[] memory a) {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", VAULT.DOMAIN_SEPARATOR(), decision));
        a = new ChioBondVault.Approval[](2);
        a[0] = ChioBondVault.Approval(0, _sign(keys[0], digest));
        a[1] = ChioBondVault.Approval(2, _sign(forgery % 5 == 1 ? STRANGER : keys[2], digest));
        if (forgery % 5 == 2) {
            a[1] = a[0];
        } else if (forgery % 5 == 3) {
            (a[0], a[1]) = (a[1], a[0]);
        } else if (forgery % 5 == 4) {
            ChioBondVault.Approval memory only = a[0];
            a = new ChioBondVault.Approval[](1);
            a[0] = only;
        }
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _lock(uint256 n) internal {
        ChioBondVault.Terms memory t = terms(n);
        TOKEN.mint(address(this), t.amount);
        VAULT.lock(t);
    }

    function _slash(bytes32 id, ChioBondVault.Share[] memory shares, uint16 sequence) internal view returns (bytes32) {
        uint96 amount;
        for (uint256 i = 0; i < shares.length; ++i) {
            amount += shares[i].amount;
        }
        return keccak256(abi.encode(VAULT.SLASH_TYPEHASH(), id, sequence, amount, keccak256(abi.encode(shares)), bytes32(0)));
    }
}

/// @notice Does anything to two bonds of one principal and remembers what should
/// have become of them.
contract VaultActor is Arbiters {
    bool public forgeryCounted;
    bool public early;
    bool public tookWhatIsKept;
    bool public remainingRose;
    bool public replayed;
    bytes private decision;
    uint256 public lockedEver;
    uint256 public withdrawnEver;
    uint96 private remainingBefore;
    uint64[2] private readyAt;
    ChioBondVault.Share[][2] private proposed;

    modifier watched(uint256 n, uint256 forgery) {
        remainingBefore = _left(n);
        _;
        remainingRose = remainingRose || _left(n) > remainingBefore;
        forgeryCounted = forgeryCounted || forgery % 5 != 0;
    }

    function lock(uint256 n) external {
        _lock(n);
        lockedEver += 1000;
    }

    function hold(uint256 n, uint96 amount, uint64 ahead, uint8 forgery) external watched(n, forgery) {
        amount %= _left(n) + 2;
        uint64 until = uint64(block.timestamp) + ahead % 130 days;
        bytes32 d = keccak256(abi.encode(VAULT.HOLD_TYPEHASH(), _id(n), _sequence(n), amount, until, bytes32(0)));
        _decide(abi.encodeCall(VAULT.hold, (terms(n), amount, until, 0, _approve(d, forgery))));
    }

    function propose(uint256 n, uint96 one, uint96 other, uint8 forgery) external watched(n, forgery) {
        uint96 most = _left(n) / 2 + 2;
        ChioBondVault.Share[] memory shares = new ChioBondVault.Share[](2);
        shares[0] = ChioBondVault.Share(address(0xb1), one % most);
        shares[1] = ChioBondVault.Share(address(0xb2), other % most);
        _propose(n, shares, forgery);
    }

    function _propose(uint256 n, ChioBondVault.Share[] memory shares, uint256 forgery) private {
        ChioBondVault.Approval[] memory a = _approve(_slash(_id(n), shares, _sequence(n)), forgery);
        _decide(abi.encodeCall(VAULT.proposeSlash, (terms(n), shares, 0, a)));
        readyAt[n % 2] = uint64(block.timestamp) + 1 hours;
        delete proposed[n % 2];
        proposed[n % 2].push(shares[0]);
        proposed[n % 2].push(shares[1]);
    }

    function appeal(uint256 n) external watched(n, 0) {
        VAULT.appeal(terms(n));
        readyAt[n % 2] += 1 hours;
    }

    function overturn(uint256 n, uint8 forgery) external watched(n, forgery) {
        bytes32 d = keccak256(abi.encode(VAULT.OVERTURN_TYPEHASH(), _id(n), _sequence(n), bytes32(0)));
        _decide(abi.encodeCall(VAULT.overturn, (terms(n), 0, _approve(d, forgery))));
        early = early || block.timestamp >= readyAt[n % 2]; // too late is as wrong
    }

    function finalizeSlash(uint256 n) external watched(n, 0) {
        VAULT.finalizeSlash(terms(n), proposed[n % 2]);
        early = early || block.timestamp < readyAt[n % 2];
    }

    /// @notice Ends a slash in favour of somebody else than was proposed.
    function finalizeOther(uint256 n, address somebody) external watched(n, 0) {
        ChioBondVault.Share[] memory shares = proposed[n % 2];
        require(shares.length == 2 && shares[0].beneficiary != somebody, "none yet");
        shares[0].beneficiary = somebody;
        VAULT.finalizeSlash(terms(n), shares);
        forgeryCounted = true;
    }

    function release(uint256 n) external watched(n, 0) {
        uint96 kept = _kept(n);
        VAULT.release(terms(n));
        early = early || block.timestamp < 30 days;
        _leaves(n, kept);
    }

    function releaseEarly(uint256 n, uint96 amount, uint8 forgery) external watched(n, forgery) {
        uint96 kept = _kept(n);
        amount %= _left(n) + 2;
        bytes32 d = keccak256(abi.encode(VAULT.RELEASE_TYPEHASH(), _id(n), _sequence(n), amount));
        _decide(abi.encodeCall(VAULT.releaseEarly, (terms(n), amount, _approve(d, forgery))));
        _leaves(n, kept);
    }

    /// @notice Submits the last decision that counted once more.
    function replay() external {
        require(decision.length != 0, "none yet");
        (bool done,) = address(VAULT).call(decision);
        replayed = replayed || done;
    }

    function _decide(bytes memory call) private {
        (bool done, bytes memory why) = address(VAULT).call(call);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(why, 32), mload(why))
            }
        }
        decision = call;
    }

    function withdraw(uint256 who) external {
        address account = accounts()[who % 3];
        uint256 due = VAULT.credits(address(TOKEN), account);
        VM.prank(account);
        VAULT.withdraw(address(TOKEN), address(0xdead));
        withdrawnEver += due;
    }

    function pass(uint256 time) external {
        VM.warp(block.timestamp + time % 3 hours);
    }

    function passLong(uint256 time) external {
        VM.warp(block.timestamp + time % 20 days);
    }

    function accounts() public view returns (address[3] memory) {
        return [address(this), address(0xb1), address(0xb2)];
    }

    /// @notice What is in both bonds, and whether each is in order.
    function state() external view returns (uint256 remaining, uint256 credits, bool inOrder) {
        inOrder = true;
        for (uint256 n = 0; n < 2; ++n) {
            bytes32 id = VAULT.bondId(terms(n));
            (uint96 left, uint96 held,,,) = VAULT.bonds(id);
            (, uint96 slash,,) = VAULT.proposals(id);
            remaining += left;
            inOrder = inOrder && held <= left && slash <= left;
        }
        for (uint256 i = 0; i < 3; ++i) {
            credits += VAULT.credits(address(TOKEN), accounts()[i]);
        }
    }

    function _id(uint256 n) private view returns (bytes32) {
        return VAULT.bondId(terms(n));
    }

    function _left(uint256 n) private view returns (uint96 remaining) {
        (remaining,,,,) = VAULT.bonds(_id(n));
    }

    function _sequence(uint256 n) private view returns (uint16 sequence) {
        (,,, sequence,) = VAULT.bonds(_id(n));
    }

    /// @dev What a hold and a slash under way keep, as this contract understands it.
    function _kept(uint256 n) private view returns (uint96 kept) {
        bytes32 id = VAULT.bondId(terms(n));
        (, uint96 held, uint40 heldUntil,,) = VAULT.bonds(id);
        (, uint96 slash,,) = VAULT.proposals(id);
        kept = block.timestamp < heldUntil ? held : 0;
        kept = slash > kept ? slash : kept;
    }

    function _leaves(uint256 n, uint96 kept) private {
        tookWhatIsKept = tookWhatIsKept || _left(n) < kept;
    }
}

/// @notice The vault holds what is in its bonds and what it owes, and nothing of a
/// bond moves before its time, without its arbiters, or while it is kept.
contract VaultInvariants {
    VaultActor private actor;

    function setUp() external {
        actor = new VaultActor();
        actor.lock(0);
        actor.lock(1);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    function invariant_holdsWhatItOwes() external view {
        (uint256 remaining, uint256 credits, bool inOrder) = actor.state();
        require(inOrder, "more is held or proposed than is left");
        require(actor.TOKEN().balanceOf(address(actor.VAULT())) == remaining + credits, "held is not owed");
        require(actor.lockedEver() == remaining + credits + actor.withdrawnEver(), "something was made or lost");
        require(actor.TOKEN().balanceOf(address(0xdead)) == actor.withdrawnEver(), "paid is not credited");
        require(!actor.forgeryCounted(), "a forged decision counted");
        require(!actor.replayed(), "a decision counted twice");
        require(!actor.early(), "something moved before its time, or after");
        require(!actor.tookWhatIsKept(), "what is kept was released");
        require(!actor.remainingRose(), "a bond grew");
    }
}

/// @notice One slash, whatever its shares and approvals.
contract VaultFuzz is Arbiters {
    function setUp() external {
        VM.warp(1 days);
        _lock(0);
    }

    /// @notice Each beneficiary gets its share and the principal the rest.
    function testFuzz_slashPaysTheShares(uint96[4] memory amounts) external {
        ChioBondVault.Terms memory t = terms(0);
        ChioBondVault.Share[] memory shares = new ChioBondVault.Share[](4);
        uint256 sum;
        for (uint160 i = 0; i < 4; ++i) {
            shares[i] = ChioBondVault.Share(address(0xc0 + i), amounts[i] % 250 + 1);
            sum += shares[i].amount;
        }
        VAULT.proposeSlash(t, shares, 0, _approve(_slash(VAULT.bondId(t), shares, 0), 0));
        VM.warp(block.timestamp + 1 hours);
        VAULT.finalizeSlash(t, shares);
        VM.warp(t.expiresAt);
        if (sum < 1000) {
            VAULT.release(t);
        }
        for (uint160 i = 0; i < 4; ++i) {
            require(VAULT.credits(address(TOKEN), address(0xc0 + i)) == shares[i].amount, "a share is another");
        }
        require(VAULT.credits(address(TOKEN), address(this)) == 1000 - sum, "the rest is another");
    }

    /// @notice No approvals count but two of distinct arbiters, in order, over the
    /// decision at hand.
    function testFuzz_onlyTwoArbitersInOrderDecide(uint8 first, uint8 second, uint16 sequence, uint96 signed) external {
        ChioBondVault.Terms memory t = terms(0);
        bytes32 id = VAULT.bondId(t);
        uint96 amount = 10;
        bytes32 d = keccak256(abi.encode(VAULT.RELEASE_TYPEHASH(), id, sequence % 2, signed % 2 == 0 ? amount : signed));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", VAULT.DOMAIN_SEPARATOR(), d));
        ChioBondVault.Approval[] memory a = new ChioBondVault.Approval[](2);
        first %= 4;
        second %= 4;
        a[0] = ChioBondVault.Approval(first, _sign(first < 3 ? keys[first] : STRANGER, digest));
        a[1] = ChioBondVault.Approval(second, _sign(second < 3 ? keys[second] : STRANGER, digest));
        bool good = first < second && second < 3 && sequence % 2 == 0 && (signed % 2 == 0 || signed == amount);
        try VAULT.releaseEarly(t, amount, a) {
            require(good, "a decision that is none counted");
        } catch {
            require(!good, "a decision did not count");
        }
    }
}
