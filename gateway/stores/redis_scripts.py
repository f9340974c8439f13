"""What Redis does in one step, in Lua. Times are its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from gateway.model import MOST_MEMBERS
from gateway.stores.buckets import GRID


@dataclass(frozen=True, slots=True)
class Script:
    text: str

    @property
    def sha(self) -> str:
        return hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


SWAP = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
""")
BUMP = Script("""
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return count
""")
# A sorted set without scores is in the order of its members: an id, which begins with its time in
# milliseconds (RFC 9562), then a blank and the text.
JOURNAL = Script("""
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 0, ARGV[i]) end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[1]) - 1)
local time = redis.call('TIME')
local cut = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[2])
local high, low = math.floor(cut / 65536), cut % 65536
redis.call('ZREMRANGEBYLEX', KEYS[1], '-', string.format('(%08x-%04x', high, low))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
""")
# The same cells as in buckets.py, in a hash: of amounts, end → amount; of members, each → "end
# amount". `cells` holds the live ones, by name; `ended` the names of the others.
_READ = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(key)
  local all, cells, ended, size, sum = redis.call('HGETALL', key), {}, {}, 0, 0
  for i = 1, #all, 2 do
    local ends, amount = string.match(all[i + 1], '^(%d+) (%d+)$')
    local cell = {tonumber(ends or all[i]), tonumber(amount or all[i + 1])}
    if cell[1] > now then
      cells[all[i]], size, sum = cell, size + 1, sum + cell[2]
    else ended[#ended + 1] = all[i] end
  end
  return {cells = cells, ended = ended, size = size, sum = sum, changed = {}}
end
local function sorted(cells)
  local list = {}
  for name, cell in pairs(cells) do list[#list + 1] = {cell[1], cell[2], name} end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end
local function whole(number) return string.format('%.0f', number) end
"""
SLIDE = Script(f"""{_READ}
local function reset(held, member, excess, window)
  if excess == 1 then  -- nearly always, and sorting a thousand members is slow
    local first = nil
    for _, cell in pairs(held.cells) do first = math.min(first or cell[1], cell[1]) end
    return first and first - now or 0
  end
  for _, cell in ipairs(sorted(held.cells)) do
    excess = excess - (member and 1 or cell[2])
    if excess <= 0 then return cell[1] - now end
  end
  return held.size > 0 and window or 0
end
local function charge(held, member, amount, window)
  local ends, name = now + window, member
  if not member then
    local width = 1
    while width * 2 <= math.floor(window / {GRID}) do width = width * 2 end
    ends = math.ceil(ends / width) * width
    name = whole(ends)
  end
  local cell = held.cells[name]
  if not cell then
    if member and held.size >= {MOST_MEMBERS} then return end
    cell = {{ends, 0}}
    held.cells[name], held.size = cell, held.size + 1
  end
  cell[1], cell[2] = math.max(cell[1], ends), cell[2] + amount
  held.sum = held.sum + amount
  held.changed[name] = member and whole(cell[1]) .. ' ' .. whole(cell[2]) or whole(cell[2])
end
local found, keys, refused = {{}}, {{}}, false
for i, key in ipairs(KEYS) do
  local window, amount = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local limit, member = tonumber(ARGV[4 * i]), ARGV[4 * i + 1]
  if member == '' then member = nil end
  local held = keys[key] or read(key)
  keys[key] = held
  local count = held.sum + amount
  if member then count = held.size + (held.cells[member] and 0 or 1) end
  local excess = 1
  if limit >= 0 and count > limit then refused, excess = true, count - limit
  elseif amount > 0 then charge(held, member, amount, window) end
  found[i] = whole(count) .. ' ' .. whole(reset(held, member, excess, window))
end
found = table.concat(found, ' ')  -- one reply: many numbers take the client long to read
if refused and ARGV[1] == '1' then return found end
for key, held in pairs(keys) do
  if next(held.changed) then
    local last = 0
    for name, value in pairs(held.changed) do redis.call('HSET', key, name, value) end
    for i = 1, #held.ended do redis.call('HDEL', key, held.ended[i]) end
    for _, cell in pairs(held.cells) do last = math.max(last, cell[1]) end
    redis.call('PEXPIREAT', key, whole(last))
  end
end
return found
""")
UNSLIDE = Script(f"""{_READ}
for i, key in ipairs(KEYS) do
  local amount, member = tonumber(ARGV[2 * i - 1]), ARGV[2 * i]
  for _, cell in ipairs(sorted(read(key).cells)) do
    if member == '' or cell[3] == member then
      local left = math.max(0, cell[2] - amount)
      amount = amount - (cell[2] - left)
      if left == 0 then redis.call('HDEL', key, cell[3])
      elseif left < cell[2] then
        local ends = member ~= '' and whole(cell[1]) .. ' ' or ''
        redis.call('HSET', key, cell[3], ends .. whole(left))
      end
    end
  end
end
return 1
""")
