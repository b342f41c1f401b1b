package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"tagkeep/snapshot"
)

func (a *app) recipientFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.recipients, "recipient", nil, "用这个公钥加密，可重复 / encrypt to this public key, may be repeated: `age1…` (TAGKEEP_RECIPIENTS)")
}

func (a *app) identityFlag(cmds ...*cobra.Command) {
	for _, cmd := range cmds {
		cmd.Flags().StringArrayVar(&a.identities, "identity", nil, "解密快照的私钥文件，可重复 / private keys that open encrypted snapshots, may be repeated: `FILE` (TAGKEEP_IDENTITY)")
	}
}

// encryptTo are the public keys of --recipient, else of TAGKEEP_RECIPIENTS.
func (a *app) encryptTo() ([]age.Recipient, error) {
	words := a.recipients
	if len(words) == 0 {
		words = strings.FieldsFunc(os.Getenv("TAGKEEP_RECIPIENTS"), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	}
	to, err := snapshot.ParseRecipients(words)
	if err != nil {
		return nil, recipientError(err)
	}
	return to, nil
}

// keys are those in the files of --identity, else of TAGKEEP_IDENTITY.
func (a *app) keys() (keys []age.Identity, err error) {
	files := a.identities
	if len(files) == 0 {
		files = filepath.SplitList(os.Getenv("TAGKEEP_IDENTITY"))
	}
	for _, path := range files {
		found, err := snapshot.ReadKeys(path)
		switch {
		case errors.Is(err, snapshot.ErrKeyFileLocked):
			return nil, refuse("BAD_IDENTITY", both("私钥文件有口令保护：%s", "the file of private keys has a passphrase: %s", path),
				both("先用 age -d -o 另一个文件 %s 解开", "open it first with age -d -o ANOTHER-FILE %s", quoted(path)))
		case errors.Is(err, snapshot.ErrKeyFile):
			return nil, refuse("BAD_IDENTITY", both("不是私钥文件：%s", "not a file of private keys: %s", path),
				both("用 age-keygen 生成的文件，其中有一行以 AGE-SECRET-KEY- 开头", "give the file that age-keygen made; it has a line that begins with AGE-SECRET-KEY-"))
		case err != nil:
			return nil, err
		}
		keys = append(keys, found...)
	}
	return keys, nil
}

// openFolder opens the folder of snapshots, in which all that is written from now
// on is encrypted if there are public keys.
func (a *app) openFolder(path string) (*snapshot.Dir, error) {
	to, err := a.encryptTo()
	if err != nil {
		return nil, err
	}
	d, err := snapshot.OpenDir(path)
	if err == nil {
		d.EncryptTo(to)
	}
	return d, err
}

func recipientError(err error) error {
	hint := both("公钥以 age1 开头，age-keygen -y 私钥文件 会显示它", "a public key begins with age1; age-keygen -y FILE prints that of a private one")
	switch {
	case errors.Is(err, snapshot.ErrSecret):
		return refuse("BAD_RECIPIENT", both("--recipient（TAGKEEP_RECIPIENTS）里写的是私钥，要写公钥", "--recipient (TAGKEEP_RECIPIENTS) has a private key where a public one belongs"), hint)
	case errors.Is(err, snapshot.ErrMixed):
		return refuse("BAD_RECIPIENT", both("抗量子的公钥（age1pq1…）不能与其他公钥混用", "post-quantum public keys (age1pq1…) and others cannot be used together"),
			both("全部用 age1pq1…，或全部用其他的", "use age1pq1… ones only, or none of them"))
	}
	written, _, _ := strings.Cut(err.Error(), ": ")
	return refuse("BAD_RECIPIENT", both("--recipient（TAGKEEP_RECIPIENTS）：%s 不是 age 公钥", "--recipient (TAGKEEP_RECIPIENTS): %s is not a public key of age", written), hint)
}

// keyError says what to do about an encrypted snapshot that does not open, and
// reports whether the error is about one.
func keyError(f *failure, err error) bool {
	switch {
	case errors.Is(err, snapshot.ErrKeyNeeded):
		f.code, f.err = "KEY_NEEDED", both("快照已加密，需要私钥", "the snapshot is encrypted, and takes a private key")
		f.hint = both("加 --identity 私钥文件，或设置 TAGKEEP_IDENTITY；私钥文件由 age-keygen 生成", "add --identity FILE, or set TAGKEEP_IDENTITY; the file is the one that age-keygen made")
	case errors.Is(err, snapshot.ErrWrongKey):
		f.code, f.err = "WRONG_KEY", both("给出的私钥都打不开这份快照", "none of the private keys given opens the snapshot")
		f.hint = both("换用加密时那把公钥对应的私钥；换过密钥时把新旧私钥都写上，--identity 可以重复", "give the private key of a public one that it was encrypted to; after a change of keys give old and new, --identity may be repeated")
	default:
		return false
	}
	return true
}

// opened is an encrypted snapshot as the file itself describes it.
func opened(i snapshot.Info, keys []age.Identity) (snapshot.Info, error) {
	f, err := i.Open(keys...)
	if err != nil {
		return i, err
	}
	return f.Info, f.Close()
}

// sealWord says to how many public keys a snapshot is encrypted.
func (a *app) sealWord(i snapshot.Info) string {
	if i.Recipients == 0 {
		return a.t("已加密", "encrypted")
	}
	return both("已加密（公钥 %d 把）", "encrypted (public keys: %d)", i.Recipients).in(a.language())
}

// oneRecipient: whoever loses the one key loses the snapshots.
func oneRecipient() finding {
	return finding{"ONE_RECIPIENT", false, both("快照只用一把公钥加密，丢了它的私钥就再也打不开", "snapshots are encrypted to one public key only: whoever loses its private key loses them"),
		both("再生成一把密钥，离线另行保管，两把公钥都写进 --recipient 或 TAGKEEP_RECIPIENTS；定期用 tagkeep snapshot drill --identity 证明私钥可用",
			"make a second key, keep it elsewhere and offline, and name both in --recipient or TAGKEEP_RECIPIENTS; prove now and then with tagkeep snapshot drill --identity that the private keys work")}
}

// keyFindings look at the newest snapshot: older ones stay as they were made.
func keyFindings(own []snapshot.Info) []finding {
	for _, i := range own {
		if i.Problem == "" {
			if i.Recipients == 1 {
				return []finding{oneRecipient()}
			}
			break
		}
	}
	return nil
}
