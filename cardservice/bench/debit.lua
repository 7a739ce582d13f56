-- wrk's side of a debit: a ticket drawn at random, a fresh operation id of version 7 each time, as our
-- terminals make them.
-- BENCH_TICKETS names a file of "terminal key <tab> identification" lines, BENCH_SEED differs per run.
local tickets = {}

function init(_)
  math.randomseed(tonumber(os.getenv("BENCH_SEED")))
  for line in io.lines(os.getenv("BENCH_TICKETS")) do
    local key, identification = line:match("([^\t]+)\t(.+)")
    tickets[#tickets + 1] = {
      headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" },
      body = '{"identification":"' .. identification
        .. '","wallet":"sport_culture_leisure","amount_cents":1,"identity_checked":true}',
    }
  end
end

local function draw(bits) return math.random(0, 2 ^ bits - 1) end

function request()
  local ticket = tickets[math.random(#tickets)]
  local ms = os.time() * 1000 + math.random(0, 999)
  local id = string.format("%08x-%04x-7%03x-8%03x-%06x%06x",
    math.floor(ms / 65536), ms % 65536, draw(12), draw(12), draw(24), draw(24))
  return wrk.format("PUT", "/api/v1/debits/" .. id, ticket.headers, ticket.body)
end

-- 201 alone: a replayed or refused debit would flatter the rate.
local strange = 0
function response(status) if status ~= 201 then strange = strange + 1; wrk.thread:set("strange", strange) end end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end
function done()
  local total = 0
  for _, thread in ipairs(threads) do total = total + (thread:get("strange") or 0) end
  io.write("Strange answers: " .. total .. "\n")
end
