//go:build unix && !linux

package runtime

import (
	"os/exec"
	"syscall"
)

func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// waitExit waits until a child has exited. It reaps it, since nothing portable
// leaves a zombie.
func waitExit(cmd *exec.Cmd) { cmd.Wait() }

func oomKills() int { return 0 }
