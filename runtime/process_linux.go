package runtime

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes makes the command the leader of a process group, which the
// kernel kills if this process dies.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// waitExit waits until a child has exited, and leaves it a zombie.
func waitExit(cmd *exec.Cmd) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// oomKills is how many processes of our cgroup the kernel has killed for
// memory; 0 where that can't be known.
func oomKills() int {
	for _, file := range oomFiles() {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.SplitSeq(string(data), "\n") {
			if name, value, _ := strings.Cut(line, " "); name == "oom_kill" {
				n, _ := strconv.Atoi(value)
				return n
			}
		}
	}
	return 0
}

// oomFiles are the places where the kernel counts kills, of cgroup v2 and v1,
// as seen in a container and outside.
func oomFiles() []string {
	var out []string
	data, _ := os.ReadFile("/proc/self/cgroup")
	for line := range strings.SplitSeq(string(data), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "" {
			out = append(out, "/sys/fs/cgroup"+parts[2]+"/memory.events", "/sys/fs/cgroup/memory.events")
		} else if parts[1] == "memory" {
			out = append(out, "/sys/fs/cgroup/memory"+parts[2]+"/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control")
		}
	}
	return out
}
