// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A price or uptime feed that says what it is told
/// @notice Has the two functions of AggregatorV3 that nodes ask.
contract Aggregator {
    struct Round {
        uint80 id;
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
        uint80 answeredIn;
    }

    uint8 public decimals;
    Round public latestRoundData;

    constructor(uint8 places) {
        decimals = places;
    }

    function set(uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) external {
        latestRoundData = Round(id, answer, startedAt, updatedAt, answeredIn);
    }

    function count(uint8 places) external {
        decimals = places;
    }
}
