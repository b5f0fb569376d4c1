-- Answer window: Markdown in a scratch window, its citations in the quickfix list.
local attention = require('rlm.attention')
local message = require('rlm.message')

local M = {}

local NAME = 'rlm://answer'

---@class rlm.Latest
---@field question string
---@field answer table the result of `rlm/ask`
---@field root string the folder that its client was started for
---@field listed boolean whether its citations have been put into the quickfix list

---@type rlm.Latest?
local latest = nil

---@return integer
local function scratch_buffer()
  local buffer = vim.fn.bufadd(NAME)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    vim.fn.bufload(buffer)
    vim.bo[buffer].buftype = 'nofile'
    vim.bo[buffer].swapfile = false
    vim.bo[buffer].filetype = 'markdown'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close the answer' })
  end
  return buffer
end

-- The buffer with the latest answer as its text.
---@return integer
local function render()
  local buffer = scratch_buffer()
  vim.b[buffer].rlm_root = latest.root -- a question from here is about the same folder
  local folders = vim.tbl_map(function(folder)
    return ('`%s`'):format(vim.fn.fnamemodify(folder, ':~'))
  end, latest.answer.roots)
  local text = ('# %s\n\n%s\n\n%s'):format(latest.question, table.concat(folders, ', '), latest.answer.markdown)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, vim.split(vim.trim(text), '\n'))
  vim.bo[buffer].modifiable = false
  return buffer
end

-- A window of this tab page, never entered by itself.
---@param buffer integer
---@return integer
local function window_of(buffer)
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then
    window = vim.api.nvim_open_win(buffer, false, { split = 'below', win = -1 })
    vim.wo[window].wrap = true
    vim.wo[window].linebreak = true
  end
  vim.api.nvim_win_set_cursor(window, { 1, 0 })
  return window
end

---@param citation table
local function quickfix_item(citation)
  return {
    filename = vim.uri_to_fname(citation.uri),
    lnum = citation.start_line,
    end_lnum = citation.end_line,
    text = type(citation.symbol) == 'string' and citation.symbol or '',
  }
end

---@return integer window
local function show()
  local window = window_of(render())
  if not latest.listed then
    latest.listed = true
    -- Always a new list: an answer without citations must not leave those of the one before.
    local items = vim.tbl_map(quickfix_item, latest.answer.citations)
    vim.fn.setqflist({}, ' ', { title = 'RLM: ' .. latest.question, items = items })
  end
  return window
end

-- An earlier answer or a quickfix list is being read, which showing would replace.
---@return boolean
local function is_reading()
  return vim.bo.buftype == 'quickfix' or vim.api.nvim_buf_get_name(0) == NAME
end

--- Shows the answer to a question, without disturbing who has gone on working.
---@param question string
---@param answer table the result of `rlm/ask`
---@param root string the folder that its client was started for
---@param asked_at rlm.Place the window is entered if the user still waits there
function M.receive(question, answer, root, asked_at)
  latest = { question = question, answer = answer, root = root, listed = false }
  local received = latest
  local waits = attention.is_still_at(asked_at)
  if not waits then
    message.echo('the answer is ready: :Rlm open')
  end
  attention.when_normal(function()
    if latest ~= received or latest.listed then
      return -- a later answer has come, or `:Rlm open` was quicker
    end
    if waits and attention.is_still_at(asked_at) then
      return vim.api.nvim_set_current_win(show())
    end
    if not is_reading() then
      show()
    end
    message.echo('the answer is ready: :Rlm open')
  end)
end

--- Goes to the latest answer.
function M.open()
  if not latest then
    return message.notify('there is no answer yet.')
  end
  vim.api.nvim_set_current_win(show())
end

return M
