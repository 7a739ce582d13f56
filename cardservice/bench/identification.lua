-- wrk's side of an identification: a card code and a terminal drawn at random.
-- BENCH_READINGS names a file of "terminal key <tab> card code" lines, BENCH_SEED differs per run.
local readings = {}

function init(_)
  math.randomseed(tonumber(os.getenv("BENCH_SEED")))
  for line in io.lines(os.getenv("BENCH_READINGS")) do
    local key, code = line:match("([^\t]+)\t(.+)")
    readings[#readings + 1] = wrk.format("POST", "/api/v1/identifications",
      { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" },
      '{"reading":"' .. code .. '"}')
  end
end

function request() return readings[math.random(#readings)] end
