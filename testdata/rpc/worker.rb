# A worker of `stoke --rpc` in Ruby:  printf 'foo\nbar\n' | stoke --rpc -- ruby worker.rb
#
# It counts the letters of each item. What it prints besides messages goes to stoke's stderr.
require 'json'

$stdout.sync = true # send each message at once
def send_message(**message) = puts({ jsonrpc: '2.0', **message }.to_json)

puts 'loading...'
send_message(method: 'ready', params: { concurrency: 1 })
$stdin.each_line do |line|
  request = JSON.parse(line)
  next unless request['method'] == 'map' # a notification, such as cancel

  begin
    item = request.dig('params', 'item')
    raise ArgumentError, 'there are no letters' if item.empty?

    send_message(id: request['id'], result: item.chars.tally)
  rescue StandardError => e
    send_message(id: request['id'], error: { code: 1, message: e.message, data: e.backtrace.join("\n") })
  end
end
