package worker

import "golang.org/x/sys/unix"

// olderPatient are forms of patient system calls that newer architectures have no more.
var olderPatient = []int{unix.SYS_EPOLL_WAIT, unix.SYS_POLL, unix.SYS_SELECT}
