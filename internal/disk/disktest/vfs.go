package disktest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The VFS is the system's own, copied, but for xOpen and xDelete. A file that is opened
// through it is the system's own too, but for a few methods of its table.
//
// SQLite's structures are C's: addresses in them are numbers, and a function's address is
// that of its Go closure, which has to be a package's function for that.

// at sees a structure of SQLite's at an address. (Go's vet takes the plain conversion for a
// mistake, which of an address in Go's own memory it would be.)
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// function is the function at an address; address the other way round.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }
func address[F any](f F) uintptr        { return *(*uintptr)(unsafe.Pointer(&f)) }

type (
	openFunc     = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	deleteFunc   = func(tls *libc.TLS, vfs, name uintptr, syncFolder int32) int32
	transferFunc = func(tls *libc.TLS, file, bytes uintptr, n int32, offset int64) int32
	truncateFunc = func(tls *libc.TLS, file uintptr, size int64) int32
	syncFunc     = func(tls *libc.TLS, file uintptr, flags int32) int32
	closeFunc    = func(tls *libc.TLS, file uintptr) int32
	sizeFunc     = func(tls *libc.TLS, file, size uintptr) int32
)

// What SQLite's addresses stand for.
var (
	registered atomic.Int64 // VFSes that ever were, for their names
	vfses      sync.Map     // address of a VFS → *Disk
	opened     sync.Map     // address of a file → *dbFile
	tables     sync.Map     // address of the system's methods → that of ours
)

// register makes the VFS known to SQLite, until done is called.
func (d *Disk) register() (done func(), err error) {
	tls := libc.NewTLS()
	d.name = fmt.Sprint("disktest-", registered.Add(1))
	name, err := libc.CString(d.name)
	if err != nil {
		return nil, err
	}
	vfs := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if vfs == 0 {
		return nil, syscall.ENOMEM
	}
	v := at[sqlite3.Tsqlite3_vfs](vfs)
	*v = *at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	v.FzName, v.FpNext = name, 0
	v.FxOpen, v.FxDelete = address(vfsOpen), address(vfsDelete)
	vfses.Store(vfs, d)
	if code := sqlite3.Xsqlite3_vfs_register(tls, vfs, 0); code != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("registering a VFS: code %d", code)
	}
	return func() {
		sqlite3.Xsqlite3_vfs_unregister(tls, vfs)
		vfses.Delete(vfs)
		libc.Xfree(tls, name)
		libc.Xfree(tls, vfs)
		tls.Close()
	}, nil
}

func diskOf(vfs uintptr) *Disk {
	d, _ := vfses.Load(vfs)
	return d.(*Disk)
}

func system(tls *libc.TLS) *sqlite3.Tsqlite3_vfs {
	return at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
}

// dbFile is an open file of SQLite's.
type dbFile struct {
	disk    *Disk
	path    string
	journal bool // the system's VFS syncs the folder with its first sync
	real    *sqlite3.Tsqlite3_io_methods
}

func dbFileAt(file uintptr) *dbFile {
	f, _ := opened.Load(file)
	return f.(*dbFile)
}

// failure is SQLite's code for an error of a step: its own where SQLite gave one.
func failure(err error, otherwise int32) int32 {
	var own code
	switch {
	case err == nil:
		return sqlite3.SQLITE_OK
	case errors.As(err, &own):
		return int32(own)
	case errors.Is(err, syscall.ENOSPC) && otherwise == sqlite3.SQLITE_IOERR_WRITE:
		return sqlite3.SQLITE_FULL // as the system's VFS does, for writes alone
	}
	return otherwise
}

// code is SQLite's as an error; nil of SQLITE_OK.
type code int32

func (c code) Error() string { return fmt.Sprintf("SQLite says %d", int32(c)) }

func result(c int32) error {
	if c == sqlite3.SQLITE_OK {
		return nil
	}
	return code(c)
}

func vfsOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	open := func() int32 {
		return function[openFunc](system(tls).FxOpen)(tls, vfs, name, file, flags, outFlags)
	}
	const journals = sqlite3.SQLITE_OPEN_MAIN_JOURNAL | sqlite3.SQLITE_OPEN_WAL
	if name == 0 || flags&(sqlite3.SQLITE_OPEN_MAIN_DB|journals) == 0 {
		return open() // a temporary file
	}
	d, path := diskOf(vfs), filepath.Clean(libc.GoString(name))
	take := func() error {
		if err := result(open()); err != nil {
			return err
		}
		real := at[sqlite3.Tsqlite3_file](file)
		opened.Store(file, &dbFile{d, path, flags&journals != 0, at[sqlite3.Tsqlite3_io_methods](real.FpMethods)})
		real.FpMethods = methods(tls, real.FpMethods)
		return nil
	}
	if _, err := os.Lstat(path); err == nil || flags&sqlite3.SQLITE_OPEN_CREATE == 0 {
		return failure(take(), sqlite3.SQLITE_CANTOPEN)
	}
	err := d.do(Create, path, func(s Step) error {
		err := take()
		if err == nil {
			d.created(s, path)
		}
		return err
	})
	if _, there := opened.Load(file); err != nil && there {
		vfsClose(tls, file) // applied, and reported as failed: SQLite does not close what did not open
		at[sqlite3.Tsqlite3_file](file).FpMethods = 0
	}
	return failure(err, sqlite3.SQLITE_CANTOPEN)
}

// methods is the address of a table like the system's, with our methods where they count. It
// is in C's memory, as all that SQLite sees, for the race detector checks what addresses are
// of; and it stays there, one for each kind of file.
func methods(tls *libc.TLS, real uintptr) uintptr {
	if kept, there := tables.Load(real); there {
		return kept.(uintptr)
	}
	table := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	if table == 0 {
		panic("no memory for a table of methods")
	}
	ours := at[sqlite3.Tsqlite3_io_methods](table)
	*ours = *at[sqlite3.Tsqlite3_io_methods](real)
	ours.FxClose, ours.FxWrite = address(vfsClose), address(vfsWrite)
	ours.FxTruncate, ours.FxSync = address(vfsTruncate), address(vfsSync)
	kept, _ := tables.LoadOrStore(real, table)
	return kept.(uintptr)
}

func vfsClose(tls *libc.TLS, file uintptr) int32 {
	f := dbFileAt(file)
	opened.Delete(file)
	return function[closeFunc](f.real.FxClose)(tls, file)
}

func vfsDelete(tls *libc.TLS, vfs, name uintptr, syncFolder int32) int32 {
	d, path := diskOf(vfs), filepath.Clean(libc.GoString(name))
	return failure(d.do(Remove, path, func(s Step) error {
		had, _ := os.ReadFile(path) // nil where it is gone, which SQLite then says
		if err := result(function[deleteFunc](system(tls).FxDelete)(tls, vfs, name, syncFolder)); err != nil {
			return err
		}
		d.removed(s, path, had)
		if syncFolder != 0 {
			d.synced(filepath.Dir(path))
		}
		return nil
	}), sqlite3.SQLITE_IOERR_DELETE)
}

func vfsWrite(tls *libc.TLS, file, bytes uintptr, n int32, offset int64) int32 {
	f := dbFileAt(file)
	return failure(f.disk.do(Write, f.path, func(s Step) error {
		c := &change{step: s, at: offset, after: unsafe.Slice(at[byte](bytes), n)}
		if err := f.before(tls, file, c, int64(n)); err != nil {
			return err
		}
		if err := result(function[transferFunc](f.real.FxWrite)(tls, file, bytes, n, offset)); err != nil {
			return err
		}
		f.disk.wrote(f.path, c)
		return nil
	}), sqlite3.SQLITE_IOERR_WRITE)
}

func vfsTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	f := dbFileAt(file)
	return failure(f.disk.do(Truncate, f.path, func(s Step) error {
		c := &change{step: s, at: size}
		if err := f.before(tls, file, c, 1<<40); err != nil {
			return err
		}
		if err := result(function[truncateFunc](f.real.FxTruncate)(tls, file, size)); err != nil {
			return err
		}
		f.disk.wrote(f.path, c)
		return nil
	}), sqlite3.SQLITE_IOERR_TRUNCATE)
}

// before notes what stands where the change goes: up to n bytes.
func (f *dbFile) before(tls *libc.TLS, file uintptr, c *change, n int64) error {
	if err := result(function[sizeFunc](f.real.FxFileSize)(tls, file, uintptr(unsafe.Pointer(&c.size)))); err != nil {
		return err
	}
	if n = min(n, c.size-c.at); n <= 0 {
		return nil
	}
	c.before = make([]byte, n)
	err := result(function[transferFunc](f.real.FxRead)(tls, file, uintptr(unsafe.Pointer(&c.before[0])), int32(n), c.at))
	runtime.KeepAlive(c)
	return err
}

func vfsSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	f := dbFileAt(file)
	return failure(f.disk.do(Sync, f.path, func(Step) error {
		if err := result(function[syncFunc](f.real.FxSync)(tls, file, flags)); err != nil {
			return err
		}
		delete(f.disk.dirty, f.path)
		if f.journal {
			f.disk.synced(filepath.Dir(f.path))
			f.journal = false
		}
		return nil
	}), sqlite3.SQLITE_IOERR_FSYNC)
}
