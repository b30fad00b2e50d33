/* SPDX-License-Identifier: MIT */
/*
 * help_completion.c - shell completion, from the subcommand tables.
 */
#include "profiler/cli/help.h"

#include <string.h>

static void put_names(FILE *stream)
{
    const char *separator = "";
    for (size_t i = 0; subcommands[i]; i++) {
        if (subcommands[i]->hidden)
            continue;
        fprintf(stream, "%s%s", separator, subcommands[i]->name);
        separator = " ";
    }
}

static void put_long_options(const struct subcommand *subcommand, FILE *stream)
{
    for (size_t i = 0; i < subcommand->option_count; i++) {
        if (subcommand->options[i].help[0])
            fprintf(stream, "--%s ", subcommand->options[i].name);
    }
    fputs("--help", stream);
}

/* Behind the options of run and record another command begins; bash-completion completes that. */
static void put_bash(FILE *stream)
{
    fputs("# bash completion for prof\n_prof()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} i\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W \"",
          stream);
    put_names(stream);
    fputs(" --help --version\" -- \"$cur\"))\n        return\n    fi\n"
          "    local options=\n    case ${COMP_WORDS[1]} in\n",
          stream);
    for (size_t i = 0; subcommands[i]; i++) {
        if (subcommands[i]->hidden)
            continue;
        fprintf(stream, "    %s) options=\"", subcommands[i]->name);
        put_long_options(subcommands[i], stream);
        fputs("\" ;;\n", stream);
    }
    fputs("    esac\n"
          "    if [[ ${COMP_WORDS[1]} == run || ${COMP_WORDS[1]} == record ]]; then\n"
          "        for ((i = 2; i < COMP_CWORD; i++)); do\n"
          "            if [[ ${COMP_WORDS[i]} != -* && ${COMP_WORDS[i-1]} != -[FodS] ]] &&\n"
          "                declare -F _command_offset >/dev/null; then\n"
          "                _command_offset \"$i\"\n                return\n            fi\n"
          "        done\n"
          "        if [[ $cur != -* ]]; then\n"
          "            COMPREPLY=($(compgen -c -- \"$cur\") $(compgen -f -- \"$cur\"))\n"
          "            return\n        fi\n    fi\n"
          "    if [[ $cur == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
          "    elif [[ ${COMP_WORDS[1]} == help ]]; then\n        COMPREPLY=($(compgen -W \"",
          stream);
    put_names(stream);
    fputs("\" -- \"$cur\"))\n    else\n        COMPREPLY=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
          "complete -o filenames -F _prof prof\n",
          stream);
}

/* Single-quoted for zsh and fish. */
static void put_quoted(const char *text, const char *escape, FILE *stream)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stream);
        else if (strchr(escape, *text))
            fprintf(stream, "\\%c", *text);
        else
            fputc(*text, stream);
    }
}

static void put_zsh(FILE *stream)
{
    fputs("#compdef prof\n_prof() {\n    local -a names=(\n", stream);
    for (size_t i = 0; subcommands[i]; i++) {
        if (subcommands[i]->hidden)
            continue;
        fprintf(stream, "        '%s:", subcommands[i]->name);
        put_quoted(subcommands[i]->summary, ":", stream);
        fputs("'\n", stream);
    }
    fputs("    )\n    if ((CURRENT == 2)); then\n        _describe subcommand names\n"
          "        return\n    fi\n    case ${words[2]} in\n",
          stream);
    for (size_t i = 0; subcommands[i]; i++) {
        if (subcommands[i]->hidden)
            continue;
        fprintf(stream,
                "    %s)\n        shift words\n        ((CURRENT--))\n"
                "        _arguments -S \\\n",
                subcommands[i]->name);
        for (size_t j = 0; j < subcommands[i]->option_count; j++) {
            const struct option_spec *option = &subcommands[i]->options[j];
            if (!option->help[0])
                continue;
            bool optional = option->kind == OPTION_OPTIONAL;
            fprintf(stream, "            '--%s%s[", option->name, optional ? "=-" : "");
            put_quoted(option->help, "[]:", stream);
            fprintf(stream, "]%s%s%s' \\\n",
                    optional           ? "::"
                    : option->argument ? ":"
                                       : "",
                    option->argument ? option->argument : "",
                    optional           ? ":"
                    : option->argument ? ":_files"
                                       : "");
        }
        bool command = strstr(subcommands[i]->arguments, "COMMAND [ARG") != NULL;
        fprintf(stream, "            %s\n        ;;\n",
                command ? "'(-):command:_command_names -e' '*::arguments:_normal'"
                        : "'*:file:_files'");
    }
    fputs("    esac\n}\n_prof \"$@\"\n", stream);
}

static void put_fish(FILE *stream)
{
    for (size_t i = 0; subcommands[i]; i++) {
        const struct subcommand *subcommand = subcommands[i];
        if (subcommand->hidden)
            continue;
        fprintf(stream, "complete -c prof -n __fish_use_subcommand -f -a %s -d '",
                subcommand->name);
        put_quoted(subcommand->summary, "", stream);
        fputs("'\n", stream);
        for (size_t j = 0; j < subcommand->option_count; j++) {
            const struct option_spec *option = &subcommand->options[j];
            if (!option->help[0])
                continue;
            fprintf(stream, "complete -c prof -n '__fish_seen_subcommand_from %s' -l %s",
                    subcommand->name, option->name);
            if (option->letter)
                fprintf(stream, " -s %c", option->letter);
            bool takes = option->argument && option->kind != OPTION_OPTIONAL;
            fprintf(stream, "%s -d '", takes ? " -r" : "");
            put_quoted(option->help, "", stream);
            fputs("'\n", stream);
        }
    }
}

int help_print_completion(const char *shell, FILE *stream)
{
    static const struct {
        const char *shell;
        void (*put)(FILE *);
    } table[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].shell, shell) == 0) {
            table[i].put(stream);
            return 0;
        }
    }
    return -1;
}
