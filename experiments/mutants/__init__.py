"""Does any file, however damaged, crash, stop or fill the programs that read photographs?"""
