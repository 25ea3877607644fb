// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IPay {
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// @title A shop that tests buy from
/// @notice Item n costs n units of the token. Item 13 is sold out; of item 99 the
/// shop tries to take one unit more than the buyer allows.
contract Shop {
    IPay private immutable TOKEN;
    uint256 public sold;

    event Bought(address indexed buyer, uint256 indexed item, uint256 price);

    error TooDear(uint256 price);

    constructor(address token) {
        TOKEN = IPay(token);
    }

    function price(uint256 item) external pure returns (uint256) {
        return item;
    }

    function buy(uint256 item, uint256 maxPrice) external {
        require(item != 13, "sold out");
        if (item > maxPrice) {
            revert TooDear(item);
        }
        TOKEN.transferFrom(msg.sender, address(this), item == 99 ? maxPrice + 1 : item);
        ++sold;
        emit Bought(msg.sender, item, item);
    }
}
