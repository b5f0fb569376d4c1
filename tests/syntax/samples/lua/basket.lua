#!/usr/bin/env lua
-- A basket.
local M = {}

local MAX_ITEMS = 100
M.version = "1.0"
count = 0

local Basket = {}
Basket.__index = Basket

--- Makes a basket.
-- @param name its name
function Basket.new(name)
  local self = setmetatable({}, Basket)
  return self
end

-- Adds an item.
function Basket:add(item, amount)
  local function check(n)
    return n > 0
  end
  return check(amount or 1)
end

local function helper(x)
  return x + 1
end

M.total = function(basket)
  return #basket
end

local shout = function(text)
  return text:upper()
end

function M.deep.inner.run() end

local handlers = {
  open = function() end,
  ["close"] = function() end,
  limit = 3,
}

function global_one(...)
  return ...
end

return M
