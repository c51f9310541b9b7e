#pragma once
// What has to happen in Redis at once. Each script gets KEYS: the instance, the set of ids, the
// mark of a replaced process; ARGV: 1 the JSON, 2 the lease in ms, 3 the id, 4 the incarnation, 5
// "1" if this incarnation has been listed before, 6 the channel, 7 the start of marks, 8 how long
// they last, in ms. They answer "ok", "missing" or "replaced".

#include <string_view>

namespace rollcall::registry {

// Of the instance that is listed: its text, and who it is; "" of a text that is not ours.
inline constexpr std::string_view kRedisHead = R"(
local old = redis.call('GET', KEYS[1])
local owner = ''
if old then
  local ok, value = pcall(cjson.decode, old)
  if ok and type(value) == 'table' and type(value.incarnation) == 'string' then
    owner = value.incarnation
  end
end
local mine = ARGV[4]
local function list()
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.format('%.0f', now))
  local added = redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[2]), ARGV[3])
  if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[2], ARGV[2])
  end
  return added
end
)";

// A process that has been listed before finds the one that came after it; one that has not takes
// the place, and leaves a mark, because a request of the older one may still be on its way.
inline constexpr std::string_view kRedisAnnounce = R"(
if mine ~= '' then
  if redis.call('EXISTS', KEYS[3]) == 1 then return 'replaced' end
  if owner ~= '' and owner ~= mine then
    if ARGV[5] == '1' then return 'replaced' end
    redis.call('SET', ARGV[7] .. owner, '1', 'PX', ARGV[8])
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if list() == 1 or old ~= ARGV[1] then redis.call('PUBLISH', ARGV[6], ARGV[3]) end
return 'ok'
)";

inline constexpr std::string_view kRedisRenew = R"(
if mine ~= '' and redis.call('EXISTS', KEYS[3]) == 1 then return 'replaced' end
if not old then return 'missing' end
if mine ~= '' and owner ~= '' and owner ~= mine then return 'replaced' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if list() == 1 then redis.call('PUBLISH', ARGV[6], ARGV[3]) end
return 'ok'
)";

// The goodbye of an older process leaves the newer one alone.
inline constexpr std::string_view kRedisWithdraw = R"(
if old and mine ~= '' and owner ~= mine then return 'ok' end
local gone = redis.call('DEL', KEYS[1]) + redis.call('ZREM', KEYS[2], ARGV[3])
if gone > 0 then redis.call('PUBLISH', ARGV[6], ARGV[3]) end
return 'ok'
)";

}  // namespace rollcall::registry
