-- The user's attention: where it is, and when something may be shown without taking a key from it.
local M = {}

---@class rlm.Place
---@field window integer
---@field buffer integer
---@field cursor { [1]: integer, [2]: integer }
---@field changedtick integer

---@return rlm.Place
function M.place()
  local window = vim.api.nvim_get_current_win()
  local buffer = vim.api.nvim_get_current_buf()
  return {
    window = window,
    buffer = buffer,
    cursor = vim.api.nvim_win_get_cursor(window),
    changedtick = vim.api.nvim_buf_get_changedtick(buffer),
  }
end

-- Also in Normal mode of a terminal. The command-line window's Normal mode allows no other window.
---@return boolean
local function is_normal()
  local mode = vim.api.nvim_get_mode().mode
  return (mode == 'n' or mode == 'nt') and vim.fn.getcmdwintype() == ''
end

--- Whether the user is in Normal mode and has neither moved nor typed since.
---@param place rlm.Place
---@return boolean
function M.is_still_at(place)
  return is_normal() and vim.deep_equal(place, M.place())
end

--- Calls `act` in Normal mode with no command half typed: before the next key, or when the user is back.
---@param act fun()
function M.when_normal(act)
  vim.api.nvim_create_autocmd('SafeState', {
    nested = true, -- what `act` opens has its own autocommands
    callback = function(event)
      if is_normal() then
        vim.api.nvim_del_autocmd(event.id)
        act()
      end
    end,
  })
end

return M
