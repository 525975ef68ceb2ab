package worker

import (
	"context"
	"sync"
	"time"
)

func Run(ctx context.Context, jobs <-chan func() error, n int) (errs []error) {
	var wg sync.WaitGroup
	out := make(chan error, n)
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func(id int) {
			defer wg.Done()
			for {
				select {
				case job, ok := <-jobs:
					if !ok {
						return
					out <- job()
				case <-time.After(time.Second):
				case <-ctx.Done():
					return
				}
			}
		}(i)
	}
	go func() { wg.Wait(); close(out) }()
	for err := range out {
		errs = append(errs, err)
	}
	return
}
