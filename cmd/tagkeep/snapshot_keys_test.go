package main

import (
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

// agekey FILE VARIABLE makes a file of a private key as age-keygen does, and keeps
// the public one.
func makeKey(ts *testscript.TestScript, _ bool, args []string) {
	key, err := age.GenerateX25519Identity()
	ts.Check(err)
	text := fmt.Sprintf("# created: 2026-01-02T03:04:05+08:00\n# public key: %s\n%s\n", key.Recipient(), key)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
	ts.Setenv(args[1], key.Recipient().String())
}

// unsealed KEY FILE OUT decrypts a file as age -d -i KEY -o OUT FILE does.
func unseal(ts *testscript.TestScript, _ bool, args []string) {
	k, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer k.Close()
	keys, err := age.ParseIdentities(k)
	ts.Check(err)
	from, err := os.Open(ts.MkAbs(args[1]))
	ts.Check(err)
	defer from.Close()
	inside, err := age.Decrypt(from, keys...)
	ts.Check(err)
	out, err := os.Create(ts.MkAbs(args[2]))
	ts.Check(err)
	_, err = io.Copy(out, inside)
	ts.Check(err)
	ts.Check(out.Close())
}
