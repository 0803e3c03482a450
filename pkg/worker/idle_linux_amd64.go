package worker

import "golang.org/x/sys/unix"

// olderPolls are forms of polls that newer architectures have no more.
var olderPolls = []int{unix.SYS_EPOLL_WAIT, unix.SYS_POLL, unix.SYS_SELECT}
