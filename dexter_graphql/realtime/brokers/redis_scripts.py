"""Lua scripts of the broker: publication as one atomic step, the head of a topic, and the repair of damaged keys.

A topic is a stream whose ids are `<milliseconds>-<sequence number>`. Its head is a hash: the epoch, the sequence number
(`offset`) and time (`ms`) of the newest change, the first sequence number that is kept, and the size. To trim by size
without reading what is trimmed, entries are counted in blocks: a list has the first id, the last time and the size of
each closed block, and the head those of the open one, which the newest change belongs to.

Whatever is missing or unreadable in Redis begins a new epoch: positions from before continue at the newest change.
"""

from dexter_graphql.realtime.deduplication import MAX_DELIVERIES, MAX_FACTS, MAX_SUBJECTS, REDELIVERY_S, WINDOW_S

HEAD_TTL_MS = 30 * 24 * 3600 * 1000
"""Since the last use of a topic; afterwards it begins a new epoch."""
REPORTS_TTL_MS = 21 * 60 * 1000
"""For facts and last changes, which matter within the window of redeliveries."""
ENTRY_OVERHEAD_BYTES = 100
"""What an entry takes in Redis besides its content, approximately."""

_HEAD = f"""
local function whole(text)
  local number = tonumber(text or '')
  return number and number >= 0 and number < 9007199254740992 and number == math.floor(number) and number or nil
end
local function new_head(epoch, now)
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
  return {{epoch = epoch, offset = 0, ms = now, bytes = 0, first = 1, id = '', count = 0, size = 0, began = now}}
end
local function read_head(epoch, now)
  local stored = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'ms', 'bytes', 'first', 'id', 'count', 'size', 'began')
  local head = {{
    epoch = stored[1], offset = whole(stored[2]), ms = whole(stored[3]), bytes = whole(stored[4]),
    first = whole(stored[5]), id = stored[6], count = whole(stored[7]), size = whole(stored[8]),
    began = whole(stored[9]),
  }}
  local is_whole = head.epoch and #head.epoch > 0 and #head.epoch <= 40 and head.offset and head.ms and head.bytes
    and head.first and head.id and head.count and head.size and head.began and head.first <= head.offset + 1
  return is_whole and head or new_head(epoch, now)
end
local function text(number)
  return string.format('%.0f', number)
end
local function write_head(head)
  redis.call('HSET', KEYS[1], 'epoch', head.epoch, 'offset', text(head.offset), 'ms', text(head.ms),
    'bytes', text(head.bytes), 'first', text(head.first), 'id', head.id, 'count', text(head.count),
    'size', text(head.size), 'began', text(head.began))
  redis.call('PEXPIRE', KEYS[1], {HEAD_TTL_MS})
end
"""

HEAD_SCRIPT = (
    _HEAD
    + """
local head = read_head(ARGV[1], tonumber(ARGV[2]))
write_head(head)
return {head.epoch, text(head.offset), text(head.ms), text(head.first), text(head.bytes)}
"""
)
"""KEYS: those of a topic. ARGV: epoch for a new topic, time in milliseconds. Returns the head."""

PUBLISH_SCRIPT = (
    _HEAD
    + f"""
local content, now, change, delivery_name, subject, fact_name, reporter =
  ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local is_stripped, new_epoch = ARGV[8] == '1', ARGV[9]
local bounds = {{}}
for number in string.gmatch(ARGV[10], '%d+') do bounds[#bounds + 1] = tonumber(number) end
local max_changes, max_bytes, max_age, block_changes, block_bytes = unpack(bounds)

local function get(new, old, name)
  return redis.call('HGET', KEYS[new], name) or redis.call('HGET', KEYS[old], name) or nil
end
local function put(new, old, name, value, limit, ttl)
  redis.call('HSET', KEYS[new], name, value)
  if ttl then redis.call('PEXPIRE', KEYS[new], ttl) end
  if redis.call('HLEN', KEYS[new]) * 2 >= limit then
    redis.call('UNLINK', KEYS[old])
    redis.call('RENAME', KEYS[new], KEYS[old])
  end
end

-- What may have another type is read before anything is written.
local head, _ = read_head(new_epoch, now), redis.call('LLEN', KEYS[3])
local delivery, last = get(4, 5, delivery_name), get(6, 7, subject) or ''
if delivery then
  local at, reported, last_then = string.match(delivery, '^(%d+) (%x+) (%x*)$')
  local is_recent = at and now - tonumber(at) <= {REDELIVERY_S * 1000:.0f}
  if reported == change or (is_recent and last_then == last) then return {{'redelivery'}} end
  if not is_stripped then return {{'untrusted'}} end
end

local began, most, own, others = now, 0, 0, ''
local fact = get(8, 9, fact_name)
local fact_began = fact and tonumber(string.match(fact, '^%d+'))
if fact_began and now - fact_began < {WINDOW_S * 1000:.0f} then
  began = fact_began
  for name, count in string.gmatch(fact, ' (%x+)=(%d+)') do
    most = math.max(most, tonumber(count))
    if name == reporter then own = tonumber(count) else others = others .. ' ' .. name .. '=' .. count end
  end
end
put(8, 9, fact_name, text(began) .. ' ' .. reporter .. '=' .. text(own + 1) .. others, {MAX_FACTS}, {REPORTS_TTL_MS})
local is_duplicate = own + 1 <= most
if not is_duplicate then
  last = change
  put(6, 7, subject, change, {MAX_SUBJECTS}, {REPORTS_TTL_MS})
end
put(4, 5, delivery_name, text(now) .. ' ' .. change .. ' ' .. last, {MAX_DELIVERIES})
if is_duplicate then return {{'duplicate'}} end

if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('UNLINK', KEYS[3])
  head.bytes, head.first, head.id, head.count, head.size = 0, head.offset + 1, '', 0, 0
end
local size, last_ms = #content + {ENTRY_OVERHEAD_BYTES}, head.ms
local function add()
  head.offset, head.ms = head.offset + 1, math.max(head.ms, now)
  return text(head.ms) .. '-' .. text(head.offset)
end
local id = add()
local added = redis.pcall('XADD', KEYS[2], id, head.epoch, content)
if type(added) == 'table' and added.err then
  head = new_head(new_epoch, now)
  id = add()
  redis.call('XADD', KEYS[2], id, head.epoch, content)
end
local is_full = head.count >= block_changes or head.size >= block_bytes or now - head.began > max_age / 16
if head.count > 0 and is_full then
  redis.call('RPUSH', KEYS[3], head.id .. ' ' .. text(last_ms) .. ' ' .. text(head.size))
  head.count, head.size = 0, 0
end
if head.count == 0 then head.id, head.began = id, now end
head.count, head.size, head.bytes = head.count + 1, head.size + size, head.bytes + size

local first = head.first
local function is_boundary(candidate)
  local offset = whole(string.match(candidate or '', '^%d+%-(%d+)$'))
  return offset and offset > head.first and offset <= head.offset and offset
end
while head.first < head.offset do
  local block, next_block = unpack(redis.call('LRANGE', KEYS[3], 0, 1))
  local closed_ms, closed_size = string.match(block or '', ' (%d+) (%d+)$')
  local is_over = head.offset - head.first + 1 > max_changes or head.bytes > max_bytes
  if not is_over and not (closed_ms and tonumber(closed_ms) < now - max_age) then break end
  local boundary = string.match(next_block or '', '^%S+')
  if block and is_boundary(boundary) then
    redis.call('LPOP', KEYS[3])
    head.bytes = math.max(0, head.bytes - (tonumber(closed_size) or 0))
  else
    boundary = head.id
    if not is_boundary(boundary) then
      boundary = id
      head.id, head.count, head.size = id, 1, size
    end
    redis.call('UNLINK', KEYS[3])
    head.bytes = head.size
  end
  redis.call('XTRIM', KEYS[2], 'MINID', boundary)
  head.first = is_boundary(boundary) or head.offset
end
write_head(head)
redis.call('PEXPIRE', KEYS[2], max_age)
redis.call('PEXPIRE', KEYS[3], max_age)
return {{'published', text(head.offset - head.first + 1), text(head.bytes), text(head.first - first)}}
"""
)
"""KEYS: those of a topic. ARGV as unpacked above. Returns the outcome, and after a publication the
number and size of the changes kept, and how many were dropped.

`untrusted` is no outcome yet: nothing was stored, and the report is to be sent again without its object.
"""

REPAIR_SCRIPT = """
local removed = 0
for index, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= ARGV[index] then removed = removed + redis.call('UNLINK', key) end
end
return removed
"""
"""KEYS: those of a topic. ARGV: the type of each. Removes keys of another type."""
