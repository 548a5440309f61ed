-- Holds seats, for each request all or none: the twin of `SeatBook::hold`.
--
-- ARGV  moment; for each request: reservation, user, most, life in milliseconds, queue number or "", "1" if it takes again what
--       ran out, the reservation that it replaces or "", highest admitted number, "1" if people wait, window in milliseconds, the
--       reservations without a row, the seats, each once (a list is its length and its elements)
-- Returns for each request {"H", end}, {"T", taken seats, reservations} or {"M", seats of the user, reservations}

local requests, seats, users, longest = {}, {}, {}, 0
while at < #ARGV do
  local one = { reservation = take() }
  one.user, one.most, one.ttl = take(), tonumber(take()), tonumber(take())
  one.number, one.again, one.replaces = tonumber(take()), take() == '1', take()
  one.window, one.rowless = take_window(), {}
  for _, reservation in ipairs(take_list()) do one.rowless[reservation] = true end
  one.seats = take_list()
  for _, seat in ipairs(one.seats) do seats[#seats + 1] = seat end
  longest = math.max(longest, one.window.returned)
  requests[#requests + 1] = one
  users[one.user] = users[one.user] or false
end
for user in pairs(users) do
  users[user] = {}
  for _, seat in ipairs(redis.call('HKEYS', user_key(user))) do
    users[user][seat] = true
    seats[#seats + 1] = seat
  end
end
load(seats)

-- What the user's key shows and the book does not have any more.
for user, own in pairs(users) do
  for seat in pairs(own) do
    local entry = stands[seat]
    if not entry or entry.user ~= user then
      redis.call('HDEL', user_key(user), seat)
      own[seat] = nil
    end
  end
end

-- Calls `run` with each hold of the request's user, run-out ones too.
local function each_of_user(one, run)
  for seat in pairs(users[one.user]) do
    local entry = stands[seat]
    if entry and entry.user == one.user then run(seat, entry) end
  end
end

-- Names reservations of the user beside that of the request, each once.
local function names_of(one)
  local names, noted = {}, {}
  return names, function(reservation)
    if reservation == one.reservation or noted[reservation] then return end
    noted[reservation] = true
    names[#names + 1] = reservation
  end
end

local function too_many(one)
  local asked, held = {}, 0
  local names, note = names_of(one)
  for _, seat in ipairs(one.seats) do asked[seat] = true end
  each_of_user(one, function(seat, entry)
    local given_up = one.replaces == entry.reservation or one.rowless[entry.reservation]
    if given_up or is_over(entry) or asked[seat] then return end
    held = held + 1
    note(entry.reservation)
  end)
  if held + #one.seats > one.most then return { 'M', held, names } end
end

local function taken(one)
  local found = {}
  local names, note = names_of(one)
  for _, seat in ipairs(one.seats) do
    local entry, open = stands[seat], true
    if entry and entry.reservation then
      local own = entry.user == one.user
      open = entry.reservation == one.reservation or own and one.rowless[entry.reservation]
      if own and not open then note(entry.reservation) end
    elseif entry then
      open = one.again or one.number and one.number > entry.above
    end
    if not open then found[#found + 1] = seat end
  end
  if #found > 0 then return { 'T', found, names } end
end

local function take_seats(one)
  for _, seat in ipairs(one.seats) do
    local entry = stands[seat]
    if not entry or entry.reservation ~= one.reservation then
      set(seat, hold_of(one.reservation, one.user, now + one.ttl))
      users[one.user][seat] = true
    end
  end
  -- What is left of reservations that never got a row.
  local left = {}
  each_of_user(one, function(seat, entry)
    if entry.reservation ~= one.reservation and one.rowless[entry.reservation] then left[#left + 1] = seat end
  end)
  for _, seat in ipairs(left) do give_back(seat, one.window) end
end

local function holds_all(one)
  for _, seat in ipairs(one.seats) do
    local entry = stands[seat]
    if not entry or entry.reservation ~= one.reservation or is_over(entry) then return false end
  end
  return true
end

local function hold(one)
  if not holds_all(one) then
    local refused = too_many(one)
    if refused then return refused end
    for _, seat in ipairs(one.seats) do settle(seat, one.window) end
    refused = taken(one)
    if refused then return refused end
    take_seats(one)
  end
  local stop = FOREVER
  for _, seat in ipairs(one.seats) do stop = math.min(stop, stands[seat].stop) end
  return { 'H', text(stop < FOREVER and stop or now + one.ttl) }
end

local answers, holds = {}, false
for i, one in ipairs(requests) do
  answers[i] = hold(one)
  count_change()
  holds = holds or answers[i][1] == 'H'
end
flush(holds, longest)
return answers
