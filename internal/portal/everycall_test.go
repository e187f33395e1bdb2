package portal_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// everyCall is each call but create, about a job or a queue of the server at root.
var everyCall = []struct {
	name     string
	wordless bool // nothing is read from its success: to be one, it is nothing or the portal's
	make     func(ctx context.Context, c *portal.Client, root string) error
}{
	{"poll", false, func(ctx context.Context, c *portal.Client, _ string) error {
		poll, err := c.Poll(ctx, sender, "q")
		return spoken(poll.Speed, err)
	}},
	{"who am I", false, func(ctx context.Context, c *portal.Client, _ string) error {
		_, speed, err := c.WhoAmI(ctx, sender)
		return spoken(speed, err)
	}},
	{"fetch", false, func(ctx context.Context, c *portal.Client, root string) error {
		_, _, speed, err := c.Fetch(ctx, sender, root+jobPath+"/pades", limit, io.Discard)
		return spoken(speed, err)
	}},
	{"confirm", true, func(ctx context.Context, c *portal.Client, root string) error {
		speed, err := c.Confirm(ctx, sender, root+jobPath+"/complete")
		return spoken(speed, err)
	}},
	{"cancel", true, func(ctx context.Context, c *portal.Client, root string) error {
		answer, err := c.Cancel(ctx, sender, root+jobPath+"/cancel")
		return wished(answer, err)
	}},
	{"delete", true, func(ctx context.Context, c *portal.Client, root string) error {
		answer, err := c.DeleteDocuments(ctx, sender, root+jobPath)
		return wished(answer, err)
	}},
}

const jobPath = "/988015814/portal/signature-jobs/1"

// spoken checks that a call says the same of our pace in both places.
func spoken(speed mailout.Speed, err error) error {
	var call *mailout.CallError
	if errors.As(err, &call) && call.Speed != speed {
		return errors.New("the call says two things about our pace")
	}
	return err
}

// wished takes an answer that is no yes for a refusal, as every other call does.
func wished(answer mailout.Answer, err error) error {
	switch {
	case err != nil:
		return spoken(answer.Speed, err)
	case answer.Kind != mailout.AnswerGranted:
		return &mailout.CallError{Kind: mailout.OutcomeRefused, Code: answer.Code, Message: answer.Message}
	}
	return nil
}

// ofCall is what a call other than create says of itself.
func ofCall(t *testing.T, err error) verdict {
	t.Helper()
	if err == nil {
		return accepted()
	}
	e := callError(t, err)
	checkSafe(t, e.Code, err.Error())
	brokenOff := e.Call == "fetch" && e.Status == http.StatusOK // a document was on its way
	if unheard := e.Kind == mailout.OutcomeUnknown && !portalsOwn(e.Code) && !brokenOff; e.Speed.TimedOut != unheard || e.Speed.Blocked != (e.Code == "blocked") {
		t.Errorf("%s: %+v, %+v", e.Message, e.Kind, e.Speed)
	}
	return verdict{e.Kind, e.Fatal, e.Code}
}
