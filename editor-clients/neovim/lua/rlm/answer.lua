-- Showing an answer: Markdown in a scratch window, its citations in the quickfix list.
local M = {}

local NAME = 'rlm://answer'

---@return integer
local function scratch()
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

---@param buffer integer
local function show_buffer(buffer)
  local window = vim.fn.win_findbuf(buffer)[1]
  if window then
    vim.api.nvim_set_current_win(window)
  else
    window = vim.api.nvim_open_win(buffer, true, { split = 'below', win = -1 })
    vim.wo[window].wrap = true
    vim.wo[window].linebreak = true
  end
  vim.api.nvim_win_set_cursor(window, { 1, 0 })
end

---@param citation table
local function item(citation)
  return {
    filename = vim.uri_to_fname(citation.uri),
    lnum = citation.start_line,
    end_lnum = citation.end_line,
    text = type(citation.symbol) == 'string' and citation.symbol or '',
  }
end

--- Shows the answer to a question.
---@param question string
---@param answer table the result of `rlm/ask`
function M.show(question, answer)
  local buffer = scratch()
  local text = ('# %s\n\n%s'):format(question, answer.markdown)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, vim.split(vim.trim(text), '\n'))
  vim.bo[buffer].modifiable = false
  show_buffer(buffer)
  -- Always a new list: an answer without citations must not leave those of the one before.
  vim.fn.setqflist({}, ' ', { title = 'RLM: ' .. question, items = vim.tbl_map(item, answer.citations) })
end

return M
