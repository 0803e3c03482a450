#!/bin/sh
# A worker of `stoke --rpc` in jq:  printf 'foo\nbar\n' | stoke --rpc -- sh worker.sh
#
# One jq reads all requests and answers each in capitals. An empty item fails. Notifications, which have no id, are
# passed over.
exec jq --null-input --compact-output --unbuffered '
  def send: {jsonrpc: "2.0"} + .;

  ({method: "ready"} | send),
  (inputs | select(.method == "map")
    | .id as $id | .params.item
    | if . == "" then {id: $id, error: {code: 1, message: "there is nothing to say"}}
      else {id: $id, result: ascii_upcase} end
    | send)'
