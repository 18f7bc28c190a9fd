-- lunette completion bash | zsh | fish: prints a few lines for the shell, which then calls `lunette
-- completion words` at each Tab. So it offers ids and names of objects that exist now.

local output = require("lunette.cli.output")
local cli = require("lunette.cli")

local completion = {}

local SHELLS = { "bash", "zsh", "fish", "words" }

local BASH = [=[
_lunette() {
  local cur=${COMP_WORDS[COMP_CWORD]} line
  COMPREPLY=()
  while IFS=$'\t' read -r line _; do
    if [[ $line == :files ]]; then
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
      compopt -o filenames
    else
      COMPREPLY+=("$line")
    fi
  done < <(lunette completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lunette lunette]=]

local ZSH = [=[
#compdef lunette
_lunette() {
  local line word
  local -a found
  while IFS= read -r line; do
    word=${line%%$'\t'*}
    if [[ $word == :files ]]; then
      _files
    else
      found+=("${word//:/\\:}:${line#*$'\t'}")
    fi
  done < <(lunette completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe 'lunette' found
}
if [ "$funcstack[1]" = _lunette ]; then _lunette "$@"; else compdef _lunette lunette; fi]=]

local FISH = [=[
function __lunette_words
  set -l words (commandline -opc) (commandline -ct)
  for line in (lunette completion words -- $words[2..] 2>/dev/null)
    switch $line
      case ':files*'
        __fish_complete_path (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c lunette -f -a '(__lunette_words)']=]

local TEXTS = { bash = BASH, zsh = ZSH, fish = FISH }

function completion.configure(command)
  command:argument("shell", "Which shell; words: what may stand in the last of the words that "
    .. "follow."):choices(SHELLS)
  command:argument("words", "The words of a command line, without 'lunette'."):args("*")
  command:epilog("  source <(lunette completion bash)\n  lunette completion words -- map dump ''")
end

local function print_words(words)
  if #words == 0 then words = { "" } end
  local list = require("lunette.cli.candidates").of(cli.parser(words[1] ~= "help" and words[1]
    or nil), words)
  for _, item in ipairs(list) do output.line(item[1] .. "\t" .. item[2]) end
end

function completion.run(given)
  if given.shell == "words" then return print_words(given.words) end
  output.line(TEXTS[given.shell])
end

return completion
