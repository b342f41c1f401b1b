package main

import (
	"bufio"
	"fmt"
	"syscall"
	"unsafe"
)

// keepWindow waits for Enter when the console window belongs to this program
// alone: a file was dragged onto it, and the window would close at once.
func (a *app) keepWindow() {
	proc := syscall.NewLazyDLL("kernel32.dll").NewProc("GetConsoleProcessList")
	var ids [2]uint32
	n, _, _ := proc.Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)))
	if n != 1 || !terminal(a.stdin) {
		return
	}
	fmt.Fprint(a.stderr, a.t("按回车键关闭窗口", "Press Enter to close this window"))
	_, _ = bufio.NewReader(a.stdin).ReadString('\n')
}
