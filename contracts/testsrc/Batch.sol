// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IToken {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
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

interface ICollector {
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata data) external;
}

/// @title What payees of the x402 scheme batch-settlement use, for tests
/// @notice Written from the interface that the scheme publishes: the same calls,
/// types, domain, events and errors. The deployed contract is another one, and has
/// more: relayed claims, refunds by signature, contract wallets.
contract BatchSettlement {
    struct ChannelConfig {
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
    }

    struct Voucher {
        ChannelConfig channel;
        uint128 maxClaimableAmount;
    }

    struct VoucherClaim {
        Voucher voucher;
        bytes signature;
        uint128 totalClaimed;
    }

    struct Channel {
        uint128 balance;
        uint128 totalClaimed;
    }

    struct Withdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    struct Receiver {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 private constant VOUCHER = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    mapping(bytes32 => Channel) public channels;
    mapping(bytes32 => Withdrawal) public pendingWithdrawals;
    mapping(bytes32 => uint256) public refundNonce;
    mapping(address => mapping(address => Receiver)) public receivers;

    event Deposited(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 newBalance);
    event Claimed(bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed);
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);

    error InvalidChannel();
    error InvalidSignature();
    error NotAuthorizedToClaim();
    error NotAuthorizedToRefund();
    error ClaimExceedsCeiling();
    error ClaimExceedsBalance();
    error WithdrawDelayNotElapsed();
    error WithdrawalNotPending();
    error WithdrawDelayOutOfRange();
    error DepositCollectionFailed();
    error ZeroRefund();

    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"0f", "x402 Batch Settlement", "1", block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
    {
        if (config.payer == address(0) || config.receiver == address(0) || config.receiverAuthorizer == address(0)) {
            revert InvalidChannel();
        }
        if (config.withdrawDelay < 15 minutes || config.withdrawDelay > 30 days) {
            revert WithdrawDelayOutOfRange();
        }
        bytes32 id = getChannelId(config);
        channels[id].balance += amount;
        uint256 before = IToken(config.token).balanceOf(address(this));
        ICollector(collector).collect(config.payer, config.token, amount, id, collectorData);
        if (amount == 0 || IToken(config.token).balanceOf(address(this)) != before + amount) {
            revert DepositCollectionFailed();
        }
        emit Deposited(id, msg.sender, amount, channels[id].balance);
    }

    function claim(VoucherClaim[] calldata claims) external {
        for (uint256 i = 0; i < claims.length; ++i) {
            ChannelConfig calldata c = claims[i].voucher.channel;
            if (msg.sender != c.receiver && msg.sender != c.receiverAuthorizer) {
                revert NotAuthorizedToClaim();
            }
            _claim(claims[i]);
        }
    }

    function settle(address receiver, address token) external {
        Receiver storage r = receivers[receiver][token];
        uint128 amount = r.totalClaimed - r.totalSettled;
        if (amount == 0) {
            return;
        }
        r.totalSettled = r.totalClaimed;
        IToken(token).transfer(receiver, amount);
        emit Settled(receiver, token, msg.sender, amount);
    }

    function refund(ChannelConfig calldata config, uint128 amount) external {
        if (msg.sender != config.receiver && msg.sender != config.receiverAuthorizer) {
            revert NotAuthorizedToRefund();
        }
        if (amount == 0) {
            revert ZeroRefund();
        }
        bytes32 id = getChannelId(config);
        ++refundNonce[id];
        Channel storage ch = channels[id];
        uint128 left = ch.balance - ch.totalClaimed;
        uint128 back = amount > left ? left : amount;
        ch.balance -= back;
        delete pendingWithdrawals[id];
        IToken(config.token).transfer(config.payer, back);
        emit Refunded(id, msg.sender, back);
    }

    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external {
        if (msg.sender != config.payer && msg.sender != config.payerAuthorizer) {
            revert InvalidChannel();
        }
        pendingWithdrawals[getChannelId(config)] = Withdrawal(amount, uint40(block.timestamp));
    }

    function finalizeWithdraw(ChannelConfig calldata config) external {
        bytes32 id = getChannelId(config);
        Withdrawal memory w = pendingWithdrawals[id];
        if (w.initiatedAt == 0) {
            revert WithdrawalNotPending();
        }
        if (block.timestamp < uint256(w.initiatedAt) + config.withdrawDelay) {
            revert WithdrawDelayNotElapsed();
        }
        delete pendingWithdrawals[id];
        Channel storage ch = channels[id];
        uint128 left = ch.balance - ch.totalClaimed;
        uint128 back = w.amount > left ? left : w.amount;
        ch.balance -= back;
        IToken(config.token).transfer(config.payer, back);
    }

    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(CHANNEL_CONFIG_TYPEHASH, config)));
    }

    function getVoucherDigest(bytes32 id, uint128 max) public view returns (bytes32) {
        return _typed(keccak256(abi.encode(VOUCHER, id, max)));
    }

    function _claim(VoucherClaim calldata v) private {
        bytes32 id = getChannelId(v.voucher.channel);
        Channel storage ch = channels[id];
        if (v.totalClaimed <= ch.totalClaimed) {
            return;
        }
        if (v.totalClaimed > v.voucher.maxClaimableAmount) {
            revert ClaimExceedsCeiling();
        }
        if (v.totalClaimed > ch.balance) {
            revert ClaimExceedsBalance();
        }
        bytes32 digest = getVoucherDigest(id, v.voucher.maxClaimableAmount);
        address signer =
            ecrecover(digest, uint8(v.signature[64]), bytes32(v.signature[:32]), bytes32(v.signature[32:64]));
        if (signer == address(0) || signer != v.voucher.channel.payerAuthorizer) {
            revert InvalidSignature();
        }
        uint128 more = v.totalClaimed - ch.totalClaimed;
        ch.totalClaimed = v.totalClaimed;
        receivers[v.voucher.channel.receiver][v.voucher.channel.token].totalClaimed += more;
        emit Claimed(id, msg.sender, more, v.totalClaimed);
    }

    function _typed(bytes32 message) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("x402 Batch Settlement"), keccak256("1"), block.chainid, address(this))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }
}

/// @title Takes deposits by EIP-3009 for the contract above
contract BatchCollector {
    address private immutable SETTLEMENT;

    error OnlySettlement();

    constructor(address settlement) {
        SETTLEMENT = settlement;
    }

    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata data) external {
        if (msg.sender != SETTLEMENT) {
            revert OnlySettlement();
        }
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(data, (uint256, uint256, uint256, bytes));
        IToken(token).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, keccak256(abi.encode(channelId, salt)), signature
        );
        IToken(token).transfer(SETTLEMENT, amount);
    }
}
