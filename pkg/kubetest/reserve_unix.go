//go:build unix

package kubetest

import (
	"net"
	"os"
	"syscall"
)

// reserve keeps a TCP port for this process, so that the kernel gives it to
// nobody, as the local end of a connection, say, while no listener has it: a
// socket that is bound and does not listen. It lets listeners of net have the
// port, which set SO_REUSEADDR, too, and connections to it are refused. It
// returns the address with its port, and what frees it.
func reserve(addr string) (string, func(), error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	domain, sa := sockaddr(a)
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(domain, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	free := func() { syscall.Close(fd) }
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		free()
		return "", nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, sa); err != nil {
		free()
		return "", nil, &net.OpError{Op: "listen", Net: "tcp", Addr: a, Err: os.NewSyscallError("bind", err)}
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		free()
		return "", nil, os.NewSyscallError("getsockname", err)
	}
	switch sa := bound.(type) {
	case *syscall.SockaddrInet4:
		a.Port = sa.Port
	case *syscall.SockaddrInet6:
		a.Port = sa.Port
	}
	return a.String(), free, nil
}

func sockaddr(a *net.TCPAddr) (domain int, sa syscall.Sockaddr) {
	if v4 := a.IP.To4(); v4 != nil {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: a.Port, Addr: [4]byte(v4)}
	}
	v6 := &syscall.SockaddrInet6{Port: a.Port}
	copy(v6.Addr[:], a.IP.To16())
	return syscall.AF_INET6, v6
}
