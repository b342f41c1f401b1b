package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tagkeep/snapshot"
)

// jobState is what scheduled jobs leave behind for the next one, in the snapshot
// folder: it must not depend on the database that they may have failed to reach.
type jobState struct {
	Failed   map[string]bool `json:"failed"`    // by job: nightly, doctor
	CopiedTo string          `json:"copied_to"` // the folder of the last copy
	CopiedAt int64           `json:"copied_at"`
}

const jobStateFile = ".jobs.json"

// readJobs is the state of the folder; one that cannot be read is a new one.
func readJobs(dir *snapshot.Dir) jobState {
	s := jobState{}
	if dir != nil {
		if b, err := os.ReadFile(filepath.Join(dir.Path(), jobStateFile)); err == nil {
			_ = json.Unmarshal(b, &s) // what is not ours is written anew
		}
	}
	if s.Failed == nil {
		s.Failed = make(map[string]bool)
	}
	return s
}

// write replaces the file in one step.
func (s jobState) write(dir *snapshot.Dir) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := filepath.Join(dir.Path(), jobStateFile)
	temp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(temp, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("remember the job's state: %w", err)
	}
	return os.Rename(temp, path)
}

// notifier sends messages to a WeCom group robot. Its address is a secret: who
// has it can write to the group.
type notifier struct {
	a   *app
	url string
}

// notifier checks the address of --notify, else that of TAGKEEP_NOTIFY.
func (a *app) notifier(address string) (*notifier, error) {
	if address == "" {
		address = os.Getenv("TAGKEEP_NOTIFY")
	}
	if address == "" {
		return &notifier{a: a}, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, &failure{exit: exitRefused, code: "USAGE", err: both("--notify：不是网址", "--notify: not a URL"),
			hint: both("在企业微信群里添加群机器人，复制它的 Webhook 地址", "add a group robot in WeCom and copy its webhook address")}
	}
	return &notifier{a, address}, nil
}

// tell says how a job ended: a failure every time, a success after a failure. dir
// may be nil. That nobody could be told is a warning, not the job's failure.
func (n *notifier) tell(ctx context.Context, dir *snapshot.Dir, job string, failed bool, text string) {
	state := readJobs(dir)
	was := state.Failed[job]
	if n.url != "" && (failed || was) {
		if err := n.send(context.WithoutCancel(ctx), text); err != nil {
			fmt.Fprintf(n.a.stderr, n.a.t("警告：通知没有发出：%v\n", "warning: nobody could be notified: %v\n"), err)
			failed = failed || was // a recovery that nobody heard of is told again
		}
	}
	state.Failed[job] = failed
	if dir == nil {
		return
	}
	if err := state.write(dir); err != nil {
		fmt.Fprintf(n.a.stderr, n.a.t("警告：%v\n", "warning: %v\n"), err)
	}
}

// maxMessage is how many bytes a robot takes.
const maxMessage = 2048

const notifyTime = 15 * time.Second

func (n *notifier) send(ctx context.Context, text string) error {
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "")
	}
	type content struct {
		Content string `json:"content"`
	}
	body, err := json.Marshal(struct {
		Type string  `json:"msgtype"`
		Text content `json:"text"`
	}{"text", content{text}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, notifyTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the request cannot be made") // the error would name the address
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); resp.StatusCode != http.StatusOK || err != nil || answer.Code != 0 {
		return fmt.Errorf("the robot answers %s, errcode %d", resp.Status, answer.Code)
	}
	return nil
}
