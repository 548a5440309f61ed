-- Gives seats back, lets holds live longer or for ever, or takes away what is sold: the twin of `SeatBook::release`, `extend`,
-- `keep` and `sold`.
--
-- ARGV  moment; for each call: "release", "extend", "keep" or "sold", reservation, user, end in milliseconds or "", highest
--       admitted number, "1" if people wait, window in milliseconds, the seats, each once (their number and they)
-- Returns for each call the seats that the reservation had; of "extend" and "keep" those that others hold

local calls, seats, longest = {}, {}, 0
while at < #ARGV do
  local one = { what = take() }
  one.reservation, one.user = take(), take()
  one.stop = tonumber(take()) or FOREVER
  one.window, one.seats = take_window(), take_list()
  for _, seat in ipairs(one.seats) do seats[#seats + 1] = seat end
  longest = math.max(longest, one.window.returned)
  calls[#calls + 1] = one
end
load(seats)

-- The reservation holds the seat until the call's end at least. Nobody else does: the twin of `SeatBook::follow`.
local function follow(one, seat, entry)
  if not entry or entry.reservation ~= one.reservation then
    if one.stop > now then set(seat, hold_of(one.reservation, one.user, one.stop)) end
  elseif entry.stop < one.stop then
    entry.stop, entry.named = one.stop, node_now
    set(seat, entry)
  elseif one.stop == FOREVER then
    -- Kept already: it was named, which changes nothing that anybody sees.
    entry.named, written[seat] = node_now, true
  end
end

local function make_last(one)
  local others = {}
  for _, seat in ipairs(one.seats) do
    local entry = stands[seat]
    if entry and entry.reservation and entry.reservation ~= one.reservation and not is_over(entry) then
      others[#others + 1] = seat
    else
      follow(one, seat, entry)
    end
  end
  return others
end

local function take_away(one)
  local had = {}
  for _, seat in ipairs(one.seats) do
    if stands[seat] and stands[seat].reservation == one.reservation then had[#had + 1] = seat end
  end
  for _, seat in ipairs(had) do
    if one.what == 'sold' then set(seat, false) else give_back(seat, one.window) end
  end
  return had
end

local answers = {}
for i, one in ipairs(calls) do
  answers[i] = (one.what == 'extend' or one.what == 'keep') and make_last(one) or take_away(one)
  count_change()
end
flush(true, longest)
return answers
