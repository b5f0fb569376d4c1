// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./Item.sol";

uint256 constant MAX_ITEMS = 100;

error TooMany(uint256 count);

struct Item {
    string name;
    uint256 price;
}

enum State { Open, Closed }

type Price is uint256;

function double(uint256 x) pure returns (uint256) {
    return x * 2;
}

interface IPriced {
    function price() external view returns (uint256);
}

library Sums {
    function add(uint256 a, uint256 b) internal pure returns (uint256) {
        return a + b;
    }
}

/// @title What one buys.
abstract contract Basket is IPriced, Ownable {
    using Sums for uint256;

    mapping(address => Item[]) private items;
    uint256 public total;
    State public constant INITIAL = State.Open;

    struct Line { uint256 count; }

    event Added(address indexed who, uint256 price);
    error Empty();

    modifier onlyOpen() {
        require(total == 0, "closed");
        _;
    }

    constructor(address owner) Ownable(owner) {
        total = 0;
    }

    // Adds an item.
    function add(string memory name, uint256 price)
        external
        onlyOpen
        returns (bool)
    {
        emit Added(msg.sender, price);
        return true;
    }

    function add(string memory name) external virtual;

    receive() external payable {}

    fallback() external {}
}
