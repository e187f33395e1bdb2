package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// made is a workspace with the smallest settings.
func made(t *testing.T) *Workspace {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(smallest), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestFindLooksUpwards(t *testing.T) {
	want := made(t).Dir
	below := filepath.Join(want, "signed", "2026-11-21-a7")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{want, below} {
		t.Chdir(from)
		if got, err := Find("."); err != nil || got.Dir != want {
			t.Errorf("from %s: got %v, %v, want %s", from, got, err, want)
		}
	}
}

func TestFindNearest(t *testing.T) {
	outer := made(t).Dir
	inner := filepath.Join(outer, "inner")
	if _, _, err := Init(inner); err != nil {
		t.Fatal(err)
	}
	_, err := Find(inner)
	if err == nil || IsNone(err) || !strings.Contains(err.Error(), filepath.Join(inner, fileName)) {
		t.Errorf("got %v, want the inner one's faults", err)
	}
}

func TestFindNone(t *testing.T) {
	dir := t.TempDir()
	_, err := Find(dir)
	var e *Error
	if !errors.As(err, &e) || !IsNone(err) || !strings.Contains(e.Message, dir) || !strings.Contains(e.Remedy, "batch init") {
		t.Errorf("got %v", err)
	}
	if IsNone(nil) || IsNone(os.ErrNotExist) {
		t.Error("an error of another kind says that there is no workspace")
	}
}

func TestFindWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, fileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(dir); err == nil || IsNone(err) || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("got %v", err)
	}
}

func TestPaths(t *testing.T) {
	w := &Workspace{Dir: "/w", Config: Default()}
	elsewhere := &Workspace{Dir: "/w", Config: Default()}
	elsewhere.Config.Ledger.Folder = "/disk"
	for got, want := range map[string]string{
		w.Ledger():                "/w/ledger.db",
		w.SentLog():               "/w/sent.log",
		w.lockPath():              "/w/ledger.lock",
		w.Prepared():              "/w/prepared",
		w.Signed("2026-11-21-a7"): "/w/signed/2026-11-21-a7",
		w.Reports():               "/w/reports",
		elsewhere.Ledger():        "/disk/ledger.db",
		elsewhere.SentLog():       "/disk/sent.log",
		elsewhere.lockPath():      "/disk/ledger.lock",
	} {
		if filepath.ToSlash(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPortalRoot(t *testing.T) {
	for _, c := range []struct{ environment, url, want string }{
		{"production", "", "https://api.signering.posten.no/api"},
		{"test", "", "https://api.difitest.signering.posten.no/api"},
		{"sandbox", "https://127.0.0.1:1/api", "https://127.0.0.1:1/api"},
		{"custom", "https://example.com", "https://example.com"},
	} {
		w := &Workspace{Config: Config{Portal: Portal{Environment: c.environment, URL: c.url}}}
		if got := w.PortalRoot(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.environment, got, c.want)
		}
	}
}

func TestCheckFolder(t *testing.T) {
	w := made(t)
	if err := w.CheckFolder(); err != nil {
		t.Errorf("an ordinary folder: %v", err)
	}
	w.Config.Ledger.Folder = filepath.Join(t.TempDir(), "OneDrive - Fjordvik kommune", "not", "there", "yet")
	err := w.CheckFolder()
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, "OneDrive") || !strings.Contains(e.Remedy, "[ledger] folder") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(w.Config.Ledger.Folder); err == nil {
		t.Error("looking made the folder")
	}
}

func TestCheckFolderFollowsLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a right there that a person seldom has")
	}
	real := filepath.Join(t.TempDir(), "Dropbox")
	if err := os.Mkdir(real, 0o700); err != nil {
		t.Fatal(err)
	}
	w := made(t)
	w.Config.Ledger.Folder = filepath.Join(t.TempDir(), "innocent")
	if err := os.Symlink(real, w.Config.Ledger.Folder); err != nil {
		t.Fatal(err)
	}
	if err := w.CheckFolder(); err == nil || !strings.Contains(err.Error(), "Dropbox") {
		t.Errorf("got %v", err)
	}
}

// A file of the books may be a link too.
func TestCheckFolderFollowsLinksOfFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making links needs a right there that a person seldom has")
	}
	cloud := filepath.Join(t.TempDir(), "Nextcloud", "post")
	if err := os.MkdirAll(cloud, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ledger.db", "sent.log", "ledger.lock"} {
		w := made(t)
		if err := os.WriteFile(filepath.Join(cloud, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(cloud, name), filepath.Join(w.Dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := w.CheckFolder(); err == nil || !strings.Contains(err.Error(), "Nextcloud") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCloudFolder(t *testing.T) {
	for path, want := range map[string]string{
		"/home/kari/OneDrive/post":                            "OneDrive",
		"/home/kari/OneDrive - Fjordvik kommune":              "OneDrive",
		"/home/kari/Dropbox (Personal)/x":                     "Dropbox",
		"/Users/kari/Library/CloudStorage/GoogleDrive-k/x":    "a cloud (CloudStorage)",
		"/Users/kari/Google Drive/x":                          "Google Drive",
		"/Users/kari/GoogleDrive-kari/x":                      "Google Drive",
		"/Users/kari/Library/Mobile Documents/com~apple/post": "iCloud",
		"C:/Users/kari/iCloudDrive/post":                      "iCloud",
		"/home/kari/Nextcloud":                                "Nextcloud",
		"/home/kari/Jottacloud/post":                          "Jottacloud",
		"/home/kari/dropboxes":                                "",
		"/srv/onedrive2026":                                   "",
		"/srv/post":                                           "",
	} {
		if got := cloudFolder(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
