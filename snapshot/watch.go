package snapshot

// Watch calls step before each thing that publishing a snapshot in this folder
// does to the disk: create, write, sync, close, rename, syncdir. What step
// returns is what the disk says. It is for tests of those who rely on a
// published file; it must be called before the folder is used.
func (d *Dir) Watch(step func(name string) error) { d.disk = watchedDisk{d.disk, step} }

type watchedDisk struct {
	disk
	step func(string) error
}

func (w watchedDisk) create(path string) (tempFile, error) {
	if err := w.step("create"); err != nil {
		return nil, err
	}
	f, err := w.disk.create(path)
	if err != nil {
		return nil, err
	}
	return watchedFile{f, w.step}, nil
}

func (w watchedDisk) rename(from, to string) error {
	if err := w.step("rename"); err != nil {
		return err
	}
	return w.disk.rename(from, to)
}

func (w watchedDisk) syncDir(path string) error {
	if err := w.step("syncdir"); err != nil {
		return err
	}
	return w.disk.syncDir(path)
}

type watchedFile struct {
	tempFile
	step func(string) error
}

func (f watchedFile) Write(p []byte) (int, error) {
	if err := f.step("write"); err != nil {
		n, _ := f.tempFile.Write(p[:len(p)/2]) // torn
		return n, err
	}
	return f.tempFile.Write(p)
}

func (f watchedFile) Sync() error {
	if err := f.step("sync"); err != nil {
		return err
	}
	return f.tempFile.Sync()
}

func (f watchedFile) Close() error {
	if err := f.step("close"); err != nil {
		_ = f.tempFile.Close()
		return err
	}
	return f.tempFile.Close()
}
