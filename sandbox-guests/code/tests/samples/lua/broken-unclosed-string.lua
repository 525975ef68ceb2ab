local text = [[
long "string"
]]
--[==[ a long
comment ]==]
local escaped = 'it\'s' .. "\n" .. [=[ ]] ]=]
print(#text, escaped:upper(), 0x1F, 3e-2, not nil)
goto done
print "never
::done::
