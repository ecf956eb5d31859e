package bench

import "github.com/alecthomas/kong"

// Parse reads the command line of a bench into its flags.
func Parse(flags any, name, description string, args []string) error {
	parser, err := kong.New(flags, kong.Name(name), kong.Description(description))
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	return err
}
