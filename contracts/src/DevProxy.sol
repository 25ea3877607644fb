// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// A proxy is assembly and delegatecall.
// solhint-disable no-inline-assembly, avoid-low-level-calls

/// @title A storage proxy for development chains
/// @notice Forwards every call to one implementation, chosen at deployment and
/// never changed. It exists so that the development token costs what a token
/// behind a proxy costs.
contract DevProxy {
    /// @dev EIP-1967: keccak256("eip1967.proxy.implementation") - 1.
    bytes32 private constant IMPLEMENTATION_SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    error NotAContract(address implementation);
    error InitializationFailed();

    /// @notice Fixes the implementation and runs its initialising call.
    /// @param implementation the code to run
    /// @param data the initialising call
    constructor(address implementation, bytes memory data) {
        require(implementation.code.length != 0, NotAContract(implementation));
        assembly ("memory-safe") {
            sstore(IMPLEMENTATION_SLOT, implementation)
        }
        (bool ok,) = implementation.delegatecall(data);
        require(ok, InitializationFailed());
    }

    /// @notice Forwards the call.
    fallback() external {
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            calldatacopy(ptr, 0, calldatasize())
            let ok := delegatecall(gas(), sload(IMPLEMENTATION_SLOT), ptr, calldatasize(), 0, 0)
            returndatacopy(ptr, 0, returndatasize())
            switch ok
            case 0 { revert(ptr, returndatasize()) }
            default { return(ptr, returndatasize()) }
        }
    }
}
