-- Stops a campaign from deciding, or lets it decide again in a new epoch. Servers that were behind continue from the
-- new epoch, and the books are known to have been compared since this node started.
--
-- KEYS  policy
-- ARGV  "suspend" or "complete", least new epoch: the time, or the epoch after the one that the caller has seen
-- Returns 1, or 0 if the campaign does not exist.

local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '')
if not epoch then return 0 end
if ARGV[1] == 'suspend' then
  redis.call('HSET', KEYS[1], 'incomplete', 1)
else
  redis.call('HDEL', KEYS[1], 'incomplete')
  redis.call('HSET', KEYS[1], 'epoch', math.max(epoch + 1, tonumber(ARGV[2])),
    'run', string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'))
end
return 1
