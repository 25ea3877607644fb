// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Contracts that tests meet and nobody deploys.

/// @title A wallet that is a contract
/// @notice Takes the signatures of its key (ERC-1271) until it refuses all.
contract Wallet {
    address private immutable KEY;
    bool public refusing;

    constructor(address key) {
        KEY = key;
    }

    function refuse(bool all) external {
        refusing = all;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (refusing || signature.length != 65) {
            return 0xffffffff;
        }
        address signer =
            ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
        return signer == KEY ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    /// @notice Calls anything, as a wallet does.
    function run(address target, bytes calldata data) external returns (bytes memory) {
        (bool done, bytes memory answer) = target.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }
}

/// @title A token with one fault
/// @notice The fault is set after deployment: 0 none, 1 takes a fee of one unit of
/// each transfer, 2 returns nothing, 3 returns false and moves nothing, 4 calls
/// `target` with `data` within the next transfer.
contract OddToken {
    string public constant name = "Odd";
    string public constant version = "1";
    uint8 public immutable decimals;
    uint256 public fault;
    address public target;
    bytes public data;
    bool public called;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    constructor(uint8 places) {
        decimals = places;
    }

    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                block.chainid,
                address(this)
            )
        );
    }

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
    }

    function set(uint256 which, address callee, bytes calldata with) external {
        fault = which;
        target = callee;
        data = with;
        called = false;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function transfer(address to, uint256 value) external {
        _answer(_move(msg.sender, to, value));
    }

    function transferFrom(address from, address to, uint256 value) external {
        allowance[from][msg.sender] -= value;
        _answer(_move(from, to, value));
    }

    function _move(address from, address to, uint256 value) private returns (bool) {
        if (fault == 3) {
            return false;
        }
        if (fault == 4 && !called) {
            called = true;
            (bool done, bytes memory why) = target.call(data);
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(why, 32), mload(why))
                }
            }
        }
        balanceOf[from] -= value;
        balanceOf[to] += fault == 1 ? value - 1 : value;
        return true;
    }

    /// @dev Returns what the caller of the token sees, or nothing at all.
    function _answer(bool done) private view {
        if (fault == 2) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        assembly ("memory-safe") {
            mstore(0, done)
            return(0, 32)
        }
    }
}
