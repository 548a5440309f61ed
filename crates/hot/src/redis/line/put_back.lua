-- Puts people whose requests take too long back at their own positions, or all: the twin of `Line::put_back` and
-- `Line::put_all_back`.
--
-- An admission whose reply was lost and that arrives after its caller's next call to put people back is refused, since
-- it has the lower number.
--
-- ARGV  moment, caller, number, "1" to put back all who are in process
-- Returns {user, ticket, ...}, the longest-running first; or the caller's last number, if this call may have been
--       executed before.

local line = redis.call('HMGET', LINE, 'kind', 'life_ms', 'put_back_max', 'callers')
if line[1] ~= 'processing' then return {} end
local callers, done = callers_with_this(line[4])
if not callers then return done end
local now = clock()
local stale_after, most = tonumber(line[2]), tonumber(line[3])

-- People in process since `from` to `to`: {user, since, ticket}, sorted by both, at most `wanted`.
local function stale(from, to, wanted)
  if wanted <= 0 then return {} end
  local found = redis.call('ZRANGEBYSCORE', PROCESSING, from, to, 'WITHSCORES', 'LIMIT', 0, wanted)
  local last = found[#found]
  local users, since = {}, {}
  for i = 1, #found, 2 do
    -- For the same moment, the lowest tickets come first, not the first names.
    if found[i + 1] ~= last then users[#users + 1], since[#users + 1] = found[i], tonumber(found[i + 1]) end
  end
  if last then
    for _, user in ipairs(redis.call('ZRANGEBYSCORE', PROCESSING, last, last)) do
      users[#users + 1], since[#users + 1] = user, tonumber(last)
    end
  end
  local tickets, people = fields_of(PROCESSING_TICKETS, users), {}
  for i, user in ipairs(users) do people[i] = {user, since[i], tonumber(tickets[i])} end
  table.sort(people, function(a, b)
    if a[2] ~= b[2] then return a[2] < b[2] end
    return a[3] < b[3]
  end)
  for i = #people, wanted + 1, -1 do people[i] = nil end
  return people
end

local people = stale('-inf', ARGV[4] == '1' and '+inf' or text(now - stale_after), most)
-- A moment in the future is from a clock that has been set back since.
if ARGV[4] ~= '1' then
  for _, one in ipairs(stale('(' .. text(now + 1000), '+inf', most - #people)) do people[#people + 1] = one end
end

redis.call('HSET', LINE, 'callers', callers)
local users = {}
for i, one in ipairs(people) do users[i] = one[1] end
local records, back, written, scores, heard = fields_of(PLACES, users), {}, {}, {}, {}
for i, user in ipairs(users) do
  local _, entry, score, _, shown = read(records[i])
  -- A user need not poll while an issuer processes the request.
  written[2 * i - 1], written[2 * i] = user, record_of('W', entry, score, text(now), shown, '')
  scores[2 * i - 1], scores[2 * i] = score, user
  heard[2 * i - 1], heard[2 * i] = text(now), user
  back[2 * i - 1], back[2 * i] = user, people[i][3]
end
in_parts(users, function(...) redis.call('ZREM', PROCESSING, ...) end)
in_parts(users, function(...) redis.call('HDEL', PROCESSING_TICKETS, ...) end)
in_parts(scores, function(...) redis.call('ZADD', WAITING, ...) end)
in_parts(heard, function(...) redis.call('ZADD', HEARD, ...) end)
put_places(written)
return back
