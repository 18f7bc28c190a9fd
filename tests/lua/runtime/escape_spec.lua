-- Foreign text on terminals and in command lines.

local escape = require("lunette.runtime.escape")

describe("escape.terminal", function()
  it("keeps what is text", function()
    for _, text in ipairs { "", "abc", "a\\b", "日本語 é 😀", "\u{200B}", "a'b\"c" } do
      assert.equal(text, escape.terminal(text))
    end
  end)

  it("writes what a terminal obeys as what it is", function()
    assert.equal("\\x1b[31m\\x07", escape.terminal("\27[31m\7"))
    assert.equal("a\\x0ab\\x09\\x0d\\x7f\\x00", escape.terminal("a\nb\t\r\127\0"))
    assert.equal("\\u{9b}31m \\u{85}", escape.terminal("\u{9B}31m \u{85}"))
    assert.equal("\\u{202e}x\\u{2066}\\u{61c}\\u{200f}\\u{2028}",
      escape.terminal("\u{202E}x\u{2066}\u{61C}\u{200F}\u{2028}"))
    assert.equal("é\\xff\\xc2\\u{9b}", escape.terminal("é\xFF\xC2\u{9B}"))
  end)

  it("writes bytes that are no UTF-8 as bytes", function()
    assert.equal("\\xff", escape.terminal("\xFF"))
    assert.equal("\\x9b31m", escape.terminal("\x9B31m"))
    assert.equal("a\\xe2\\x80", escape.terminal("a\xE2\x80"))
    assert.equal("\\xc0\\x9b", escape.terminal("\xC0\x9B"))
    assert.equal("\\xed\\xa0\\x80é", escape.terminal("\xED\xA0\x80é"))
  end)

  it("leaves nothing of any byte sequence that it would not change again", function()
    math.randomseed(7)
    for _ = 1, 3000 do
      local bytes = {}
      for i = 1, math.random(0, 12) do bytes[i] = math.random(1, 3) == 1 and 0xE2
        or math.random(0, 255) end
      local text = escape.terminal(string.char(table.unpack(bytes)))
      assert.equal(text, escape.terminal(text))
      assert.is_nil(text:find("%c"))
      assert.is_truthy(utf8.len(text))
    end
  end)
end)

describe("escape.lines", function()
  it("keeps newlines and tabs alone", function()
    assert.equal("a\n\tb\\x0d\\x1b\\x0b\\u{9b}", escape.lines("a\n\tb\r\27\11\u{9B}"))
  end)
end)

describe("escape.json", function()
  it("writes the same value", function()
    local json = require("lunette.runtime.json")
    local text = json.encode { name = "\u{9B}31m\u{202E}é\27" }
    assert.equal('{"name":"\\u009b31m\\u202eé\\u001b"}', escape.json(text))
    assert.same(json.decode(text), json.decode(escape.json(text)))
  end)
end)

describe("escape.shell", function()
  local function shell(word, with)
    local command = "printf %s " .. escape.shell(word)
    local pipe = assert(io.popen(("%s -c %s 2>&1"):format(with, escape.shell(command))))
    local text = pipe:read("a")
    pipe:close()
    return text
  end

  it("leaves plain words as they are", function()
    for _, word in ipairs { "/sys/fs/bpf/map_1", "a.b:c", "x=1", "12" } do
      assert.equal(word, escape.shell(word))
    end
  end)

  it("quotes every other word, and each shell reads it back", function()
    local words = { "", "a; echo pwned", "a'b", "$(id)", "`id`", "a b", "-rf", "~", "*", "é",
      "a\\b", "'; id; '", "#x", "a&b", "x\"y" }
    for _, word in ipairs(words) do
      assert.equal(word, shell(word, "sh"))
      assert.equal(word, shell(word, "bash"))
    end
    for _, word in ipairs { "a\nb", "\27[31m'", "\u{202E}x", "\xFF'; id; '", "\\'" .. "\7" } do
      assert.is_nil(escape.shell(word):find("[%c\128-\255]"))
      assert.equal(word, shell(word, "bash"))
      -- Another shell may read another word, but still one word.
      assert.is_nil(shell(word, "sh"):find("uid=", 1, true))
    end
  end)
end)
