// Command stoke is xargs with warm workers: it maps items through long-lived programs, in order.
package main

import (
	"os"

	"stoke/cmd"
)

func main() { os.Exit(cmd.Main(os.Args[1:])) }
