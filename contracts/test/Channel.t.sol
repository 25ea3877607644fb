// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChioChannel} from "../src/ChioChannel.sol";

/// @notice The cheat codes of forge that these tests use.
interface Vm {
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function warp(uint256 time) external;
    function prank(address sender) external;
}

/// @notice A token that does nothing but count.
contract Counter {
    mapping(address account => uint256) public balanceOf;

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        balanceOf[from] -= value;
        balanceOf[to] += value;
        return true;
    }
}

/// @notice Does anything to three channels of one payer and counts what went in and out.
contract ChannelActor {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant PAYER = 11;
    uint256 private constant PAYEE = 12;

    ChioChannel public immutable CHANNEL = new ChioChannel(1 hours);
    Counter public immutable TOKEN = new Counter();
    uint96[3] public settledBefore;
    bool public decreased;
    bool public forgeryPaid;

    function params(uint256 n) public view returns (ChioChannel.Params memory) {
        return ChioChannel.Params(VM.addr(PAYER), VM.addr(PAYEE), address(TOKEN), bytes32(n % 3));
    }

    function fund(uint256 n, uint256 amount) external {
        TOKEN.mint(address(this), amount % 1000);
        CHANNEL.fund(params(n), amount % 1000);
    }

    function redeem(uint256 n, uint96 cumulative, bool forged) external {
        cumulative = _near(n, cumulative);
        bytes32 digest = CHANNEL.voucherDigest(CHANNEL.channelId(params(n)), cumulative, bytes32(n));
        CHANNEL.redeem(params(n), cumulative, bytes32(n), _sign(forged ? PAYEE : PAYER, digest));
        forgeryPaid = forgeryPaid || forged; // a revert here would be passed over
        _watch();
    }

    function redeemMany(uint96[4] memory cumulative) external {
        ChioChannel.Claim[] memory claims = new ChioChannel.Claim[](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint96 c = _near(i, cumulative[i]);
            bytes32 digest = CHANNEL.voucherDigest(CHANNEL.channelId(params(i)), c, bytes32(i));
            claims[i] = ChioChannel.Claim(VM.addr(PAYER), bytes32(i % 3), c, bytes32(i), _sign(PAYER, digest));
        }
        CHANNEL.redeemMany(VM.addr(PAYEE), address(TOKEN), claims);
        _watch();
    }

    function consent(uint256 n, uint96 cumulative, uint32 epoch) external {
        cumulative = _near(n, cumulative);
        uint64 until = uint64(block.timestamp);
        bytes32 digest = CHANNEL.closeDigest(CHANNEL.channelId(params(n)), cumulative, 0, epoch % 3, until);
        bytes memory signature = _sign(PAYEE, digest);
        ChioChannel.Params memory p = params(n);
        VM.prank(p.payer);
        CHANNEL.closeWithConsent(p, cumulative, 0, until, signature);
        _watch();
    }

    function close(uint256 n) external {
        ChioChannel.Params memory p = params(n);
        VM.prank(p.payer);
        CHANNEL.close(p);
    }

    function withdraw(uint256 n, uint256 seconds_) external {
        VM.warp(block.timestamp + seconds_ % 2 hours);
        CHANNEL.withdraw(params(n));
        _watch();
    }

    /// @notice What the channels hold, and what their payee was paid.
    function totals() external view returns (uint256 open, uint256 settled) {
        for (uint256 n = 0; n < 3; ++n) {
            (uint96 d, uint96 s,,) = CHANNEL.channels(CHANNEL.channelId(params(n)));
            open += d - s;
            settled += s;
        }
    }

    /// @dev An amount from a little below what is settled to a little above what is
    /// deposited, so that most calls are near a bound and not beyond it.
    function _near(uint256 n, uint96 amount) private view returns (uint96) {
        (uint96 d, uint96 s,,) = CHANNEL.channels(CHANNEL.channelId(params(n)));
        uint96 low = s > 2 ? s - 2 : 0;
        return low + amount % (d + 3 - low);
    }

    function _watch() private {
        for (uint256 n = 0; n < 3; ++n) {
            (, uint96 s,,) = CHANNEL.channels(CHANNEL.channelId(params(n)));
            decreased = decreased || s < settledBefore[n];
            settledBefore[n] = s;
        }
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}

/// @notice A channel holds what was deposited and not settled, its payee has what
/// was settled, and that never falls.
contract ChannelInvariants {
    ChannelActor private actor;

    function setUp() external {
        actor = new ChannelActor();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    function invariant_holdsWhatIsOpen() external view {
        (uint256 open, uint256 settled) = actor.totals();
        require(actor.TOKEN().balanceOf(address(actor.CHANNEL())) == open, "held is not deposited less settled");
        require(actor.TOKEN().balanceOf(actor.params(0).payee) == settled, "paid is not settled");
        require(!actor.decreased(), "settled fell");
        require(!actor.forgeryPaid(), "a forged voucher was paid");
    }
}
