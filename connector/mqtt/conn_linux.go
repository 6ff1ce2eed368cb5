package mqtt

import (
	"syscall"
	"time"
)

// tcpUserTimeout is the socket option TCP_USER_TIMEOUT of tcp(7): how long sent bytes may
// stay unacknowledged, or wait for a window that stays closed, until the kernel closes.
const tcpUserTimeout = 18

// limitUnread lets the kernel close a connection whose peer takes nothing for so long.
func limitUnread(fd uintptr, within time.Duration) {
	syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(within.Milliseconds()))
}
