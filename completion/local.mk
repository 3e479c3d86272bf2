# SPDX-License-Identifier: GPL-2.0-or-later
# Where each shell looks for completions of packages.

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/lssock.bash

zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = %D%/_lssock

fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = %D%/lssock.fish
