-- Asks a line of Onsale whether a request may pass, for HAProxy 2.6 or newer.
--
--   lua-load-per-thread /etc/haproxy/onsale.lua
--   http-request lua.onsale_check http://127.0.0.1:8080 shop
--
-- Afterwards `txn.onsale_answer` is `pass`, `page`, `script`, `later`, `bad` or `away`; `txn.onsale_location` is where a page goes on;
-- `txn.onsale_visitor_cookie` and `txn.onsale_pass_cookie` are values of Set-Cookie, where the browser needs one.

-- Milliseconds; a server answers, or refuses, before.
local TIMEOUT_MS = 12000
-- What tells a page from a script, and a browser from another.
local PASSED_ON = { "user-agent", "accept", "accept-language", "sec-fetch-mode", "x-requested-with", "upgrade", "content-type", "host" }

-- The values of a header; HAProxy counts them from 0, other lists from 1.
local function values(header)
    local found = {}
    if header then
        for at = 0, 64 do
            if header[at] then found[#found + 1] = header[at] end
        end
    end
    return found
end

-- The cookies of lines, and all others. The lines get no others: however many and long they are, they lock nobody out.
local function divided(cookies, line)
    local own, others = {}, {}
    local ours = { onsale_visitor = true, ["onsale_pass_" .. line] = true }
    for pair in table.concat(cookies, "; "):gmatch("[^;]+") do
        pair = pair:match("^%s*(.-)%s*$")
        local name = pair:match("^([^=]*)"):match("^(.-)%s*$")
        local plain = name:gsub("^__Host%-", "")
        if ours[plain] then
            own[#own + 1] = pair
        elseif pair ~= "" and not plain:match("^onsale_pass_") then
            others[#others + 1] = pair
        end
    end
    return own, others
end

local function asked(txn, line)
    local headers = txn.http:req_get_headers()
    local own, others = divided(values(headers["cookie"]), line)
    -- The site gets none of the cookies of lines.
    if #others > 0 then
        txn.http:req_set_header("Cookie", table.concat(others, "; "))
    else
        txn.http:req_del_header("Cookie")
    end
    -- There are cookies: such a browser must not be told that it keeps none.
    if #others > 0 then own[#own + 1] = "other=1" end
    local over_tls = txn.f:ssl_fc()
    local sent = {
        ["x-original-uri"] = { txn.f:pathq() },
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-proto"] = { (over_tls == 1 or over_tls == true) and "https" or "http" },
    }
    if #own > 0 then sent["cookie"] = { table.concat(own, "; ") } end
    for _, name in ipairs(PASSED_ON) do
        local first = values(headers[name])[1]
        if first then sent[name] = { first } end
    end
    return sent
end

local function answer_of(reply)
    local said = values(reply.headers and reply.headers["x-onsale-answer"])[1]
    if reply.status == 200 then return "pass" end
    if reply.status == 401 and (said == "page" or said == "script" or said == "later") then return said end
    -- The check has refused the request itself, and will refuse it again.
    if reply.status and reply.status >= 400 and reply.status < 500 then return "bad" end
    return "away"
end

core.register_action("onsale_check", { "http-req" }, function(txn, onsale, line)
    local reply = core.httpclient():get({
        url = onsale .. "/queue/check?line=" .. line,
        headers = asked(txn, line),
        timeout = TIMEOUT_MS,
    }) or {}
    txn:set_var("txn.onsale_answer", answer_of(reply))
    for variable, name in pairs({
        ["txn.onsale_location"] = "x-onsale-location",
        ["txn.onsale_visitor_cookie"] = "x-onsale-visitor-cookie",
        ["txn.onsale_pass_cookie"] = "x-onsale-pass-cookie",
    }) do
        local first = values(reply.headers and reply.headers[name])[1]
        if first then txn:set_var(variable, first) end
    end
end, 2)
